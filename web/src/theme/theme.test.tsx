import { MantineProvider, Modal } from '@mantine/core'
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { theme } from './theme.ts'

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'requestAnimationFrame'] }))
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

test('a dialog that is closed is gone at once, and takes no more keys', () => {
  const dialog = (opened: boolean) => (
    <MantineProvider theme={theme}>
      <Modal opened={opened} onClose={() => undefined} title="Keyboard" />
    </MantineProvider>
  )
  const { rerender } = render(dialog(true))
  expect(screen.getByRole('dialog')).toBeTruthy()

  rerender(dialog(false))

  expect(screen.queryByRole('dialog')).toBeNull()
})
