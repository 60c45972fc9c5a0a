import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { CopyNote } from './CopyNote.tsx'

afterEach(cleanup)

test('a copy is said to fire nothing, with what it is a copy of and both ways out of it', () => {
  render(<CopyNote from="production (number 5 of system 7)" />)

  const { textContent } = screen.getByRole('alert')
  expect(textContent).toContain('nothing is fired or run here')
  expect(textContent).toContain('a copy of production (number 5 of system 7)')
  expect(textContent).toMatch(/adopt --skip.*adopt --continue/)
})
