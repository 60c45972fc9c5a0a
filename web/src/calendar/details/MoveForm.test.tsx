import { MantineProvider } from '@mantine/core'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { ClockContext } from '../../time/now.ts'
import { loadTemporal } from '../../time/temporal.ts'
import { calendarItem } from '../items/calendarFactory.ts'
import { MoveForm } from './MoveForm.tsx'

const now = Date.parse('2026-11-25T14:37:00+01:00')
const clock = { get: () => now, subscribe: () => () => undefined }

beforeAll(loadTemporal)
afterEach(() => {
  cleanup()
  vi.clearAllMocks()
})

const onMove = vi.fn()
const onCancel = vi.fn()
const form = (ownZone: string | null) => (
  <MantineProvider env="test">
    <ClockContext value={clock}>
      <MoveForm
        item={calendarItem({ startsAt: Date.parse('2026-11-27T03:00+01:00') })}
        timeZone="Europe/Paris"
        ownZone={ownZone}
        isBusy={false}
        onMove={onMove}
        onCancel={onCancel}
      />
    </ClockContext>
  </MantineProvider>
)
const date = () => screen.getByLabelText<HTMLInputElement>('Move to: date')
const time = () => screen.getByLabelText<HTMLInputElement>('Move to: time')
const type = (field: HTMLInputElement, value: string) => fireEvent.change(field, { target: { value } })

test("the new time is typed in the schedule's zone, and said in both", () => {
  render(form('America/New_York'))
  screen.getByRole('group', { name: 'Move to America/New_York' })
  expect(document.activeElement).toBe(time())
  expect([date().value, time().value]).toEqual(['2026-11-26', '22:00'])

  type(time(), '23:30')

  expect(screen.getAllByRole('definition').map(({ textContent }) => textContent)).toEqual([
    'Thu 26 Nov 21:00 → Thu 26 Nov 23:30 −05',
    'Fri 27 Nov 03:00 → Fri 27 Nov 05:30 +01',
  ])
})

test('what was typed before that zone is known stays the same moment', () => {
  const { rerender } = render(form(null))
  type(time(), '5:30')

  rerender(form('America/New_York'))

  expect([date().value, time().value]).toEqual(['2026-11-26', '23:30'])
})

test('what is sent is the moment that was typed', () => {
  render(form('Europe/Paris'))

  type(time(), '530')
  fireEvent.click(screen.getByRole('button', { name: 'Move' }))

  expect(onMove).toHaveBeenCalledWith(Date.parse('2026-11-27T05:30+01:00'))
})

test('a time that is past is said to be', () => {
  render(form('Europe/Paris'))

  type(date(), '2026-11-24')

  expect(screen.getByText('This time is in the past.')).toBeDefined()
})

test('Escape closes the form', () => {
  render(form('Europe/Paris'))

  fireEvent.keyDown(time(), { key: 'Escape' })

  expect(onCancel).toHaveBeenCalledOnce()
})
