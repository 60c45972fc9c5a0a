import { MantineProvider } from '@mantine/core'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { ClockContext } from '../../time/now.ts'
import { loadTemporal } from '../../time/temporal.ts'
import { calendarItem } from '../items/calendarFactory.ts'
import { MoveForm } from './MoveForm.tsx'

const now = Date.parse('2026-11-25T14:37:00+01:00')
const clock = { get: () => now, subscribe: () => () => undefined }

beforeAll(async () => {
  await loadTemporal()
  vi.stubGlobal('matchMedia', (media: string) => ({
    media,
    matches: false,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }))
})
afterEach(cleanup)

function showForm() {
  const onMove = vi.fn()
  const onCancel = vi.fn()
  render(
    <MantineProvider env="test">
      <ClockContext value={clock}>
        <MoveForm
          item={calendarItem({ startsAt: Date.parse('2026-11-27T03:00+01:00') })}
          timeZone="Europe/Paris"
          ownZone="America/New_York"
          isBusy={false}
          onMove={onMove}
          onCancel={onCancel}
        />
      </ClockContext>
    </MantineProvider>,
  )
  return { onMove, onCancel, input: screen.getByLabelText<HTMLInputElement>('Move to, Europe/Paris') }
}

test('the new time is said in the shown zone and in that of the schedule', () => {
  const { input } = showForm()
  expect(document.activeElement).toBe(input)
  expect(input.value).toBe('2026-11-27T04:00')

  fireEvent.change(input, { target: { value: '2026-11-27T05:30' } })

  expect(screen.getAllByRole('definition').map(({ textContent }) => textContent)).toEqual([
    'Fri 27 Nov 03:00 → Fri 27 Nov 05:30 +01',
    'Thu 26 Nov 21:00 → Thu 26 Nov 23:30 −05',
  ])
})

test('what is sent is the moment that was typed', () => {
  const { input, onMove } = showForm()

  fireEvent.change(input, { target: { value: '2026-11-27T05:30' } })
  fireEvent.click(screen.getByRole('button', { name: 'Move' }))

  expect(onMove).toHaveBeenCalledWith(Date.parse('2026-11-27T05:30+01:00'))
})

test('a time that is past is said to be', () => {
  const { input } = showForm()

  fireEvent.change(input, { target: { value: '2026-11-25T14:00' } })

  expect(screen.getByText('This time is in the past.')).toBeDefined()
})

test('Escape closes the form', () => {
  const { input, onCancel } = showForm()

  fireEvent.keyDown(input, { key: 'Escape' })

  expect(onCancel).toHaveBeenCalledOnce()
})
