import { cleanup, render, screen, within } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { BusyHours, BusySkeleton } from './BusyHours.tsx'
import type { BusyHour } from './busyModel.ts'

const hour = 3_600_000

afterEach(cleanup)

const busy = (weekday: number, at: number, own: Partial<BusyHour> = {}): BusyHour => ({
  weekday,
  hour: at,
  occurrences: 0,
  unmeasured: 0,
  runTime: 0,
  ...own,
})

function show(hours: readonly BusyHour[], days = 28) {
  render(<BusyHours {...{ hours, days }} timeZone="Europe/Paris" />)
  return screen.getByRole('region', { name: 'Busy hours' })
}

const cell = (title: RegExp) => screen.getByTitle(title)

test('the heading says what was counted, and which hour is busiest', () => {
  show([
    busy(1, 9, { occurrences: 400, runTime: 2 * hour }),
    busy(3, 3, { occurrences: 12, runTime: 9 * hour }),
  ])

  expect(screen.getByRole('heading').textContent).toBe(
    'Busy hoursNext 28 days, concurrent runs by their usual duration, Europe/Paris · Busiest Wednesday 03:00',
  )
})

test('where nothing is known to run, no hour is called the busiest', () => {
  show([busy(1, 9, { occurrences: 4, unmeasured: 4 })])

  expect(screen.getByRole('heading').textContent).not.toContain('Busiest')
})

test('each weekday is a row of 24 hours, which have names', () => {
  show([])

  const hours = screen.getAllByRole('columnheader').map((head) => within(head).getByText(/:00$/).textContent)
  expect(hours).toHaveLength(24)
  expect([hours[0], hours[23]]).toEqual(['00:00', '23:00'])
  expect(screen.getAllByRole('rowheader').map(({ textContent }) => textContent)).toEqual([
    'Mon',
    'Tue',
    'Wed',
    'Thu',
    'Fri',
    'Sat',
    'Sun',
  ])
})

test('an hour says how many are due, how long they run, and of how many that is not known', () => {
  show([busy(7, 23, { occurrences: 1234, unmeasured: 34, runTime: 90 * 60_000 })])

  expect(cell(/^Sunday 23:00/).title).toBe(
    'Sunday 23:00–00:00: 1,234 upcoming, 1:30:00 of run time, 34 of unknown duration, Europe/Paris',
  )
  expect(cell(/^Monday 00:00/).title).toBe('Monday 00:00–01:00: 0 upcoming, Europe/Paris')
})

test.each([
  ['a count of those that run at once on average', 10 * hour, '2.5'],
  ['a whole one where there are many', 400 * hour, '100'],
  ['a dot where it is next to nothing', 60_000, '·'],
])('an hour shows %s', (_, runTime, text) => {
  show([busy(2, 9, { occurrences: 8, runTime })])

  expect(cell(/^Tuesday 09:00/).textContent).toBe(text)
})

test('an hour in which nothing is due is empty and has no colour', () => {
  show([busy(2, 9, { occurrences: 8, runTime: hour })])

  expect(cell(/^Tuesday 10:00/).textContent).toBe('')
  expect(cell(/^Tuesday 10:00/).getAttribute('data-level')).toBe('0')
  expect(cell(/^Tuesday 09:00/).getAttribute('data-level')).toBe('4')
})

test('what is on its way keeps its place, and says so', () => {
  render(<BusySkeleton />)

  expect(screen.getByRole('status', { name: 'Loading busy hours' }).getAttribute('aria-busy')).toBe('true')
})
