import { MantineProvider } from '@mantine/core'
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { PageSkeleton } from './PageSkeleton.tsx'

afterEach(cleanup)

test('a page that is on its way says so', () => {
  render(<PageSkeleton />, { wrapper: MantineProvider })

  expect(screen.getByRole('status', { name: 'Loading' }).getAttribute('aria-busy')).toBe('true')
})
