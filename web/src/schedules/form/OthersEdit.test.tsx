import { MantineProvider } from '@mantine/core'
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { OthersEdit } from './OthersEdit.tsx'

afterEach(cleanup)

const note = (tries: number) => (
  <MantineProvider env="test">
    <OthersEdit
      by="bo"
      at="2026-11-25T12:00:00Z"
      zone="UTC"
      status={null}
      theirs={['Timeout']}
      both={[]}
      tries={tries}
      onShowTheirs={() => {}}
      onKeepMine={() => {}}
    />
  </MantineProvider>
)

test('saving before one has chosen says that nothing was saved, each time with the focus', () => {
  const { rerender } = render(note(0))
  const alert = screen.getByRole('alert')
  expect(alert.textContent).not.toContain('Not saved')
  expect(document.activeElement).not.toBe(alert)

  rerender(note(1))
  expect(alert.textContent).toContain('Not saved: show theirs or keep yours first.')
  expect(document.activeElement).toBe(alert)
  alert.blur()
  rerender(note(2))

  expect(document.activeElement).toBe(alert)
})
