// @vitest-environment node
import { expect, test } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import { lanesRange } from '../lanes/lanesRange.ts'
import { calendarRange, localDate, shiftDate, weekNumber } from './calendarRange.ts'

await loadTemporal()

test('a week runs from Monday to Sunday around its date', () => {
  for (const date of ['2026-11-23', '2026-11-25', '2026-11-29']) {
    const dates = calendarRange('week', date, 'Europe/Paris').days.map((day) => day.date)

    expect(dates).toHaveLength(7)
    expect([dates[0], dates[6]]).toEqual(['2026-11-23', '2026-11-29'])
  }
})

test.each([
  ['2026-11-25', '2026-10-26', '2026-12-06', 42],
  ['2026-02-10', '2026-01-26', '2026-03-01', 35],
  ['2027-02-10', '2027-02-01', '2027-02-28', 28],
])('the month of %s shows %s to %s', (date, first, last, count) => {
  const { days } = calendarRange('month', date, 'Europe/Paris')

  expect([days[0]?.date, days.at(-1)?.date, days.length]).toEqual([first, last, count])
})

test('a range begins and ends at local midnights, and its days touch', () => {
  const { days, start, end } = calendarRange('month', '2026-10-25', 'Europe/Paris')

  expect(new Date(start).toISOString()).toBe('2026-09-27T22:00:00.000Z')
  expect(new Date(end).toISOString()).toBe('2026-11-01T23:00:00.000Z')
  for (const [index, day] of days.entries()) expect(day.end).toBe(days[index + 1]?.start ?? end)
})

test.each([
  [7, '2026-11-22', '2026-11-28'],
  [6, '2026-11-21', '2026-11-27'],
  [3, '2026-11-25', '2026-12-01'],
])('a week may begin on day %i', (weekStart, first, last) => {
  const { days } = calendarRange('week', '2026-11-25', 'Europe/Paris', weekStart)
  const month = calendarRange('month', '2026-11-25', 'Europe/Paris', weekStart).days

  expect([days[0]?.date, days.at(-1)?.date]).toEqual([first, last])
  expect(month.length % 7).toBe(0)
  expect(month.map(({ date }) => date)).toContain(first)
})

test.each([
  ['2026-03-29', 23],
  ['2026-10-25', 25],
  ['2026-11-25', 24],
])('the day %s alone has its %i hours', (date, hours) => {
  const { days, start, end } = calendarRange('day', date, 'Europe/Paris')

  expect(days.map((day) => day.date)).toEqual([date])
  expect((end - start) / 3_600_000).toBe(hours)
})

test('going on a day crosses months and years', () => {
  expect(shiftDate('day', '2026-12-31', 1)).toBe('2027-01-01')
  expect(shiftDate('day', '2026-03-01', -1)).toBe('2026-02-28')
})

test('going on a month keeps to a day that the month has', () => {
  expect(shiftDate('month', '2026-01-31', 1)).toBe('2026-02-28')
  expect(shiftDate('month', '2026-03-31', -1)).toBe('2026-02-28')
  expect(shiftDate('week', '2026-12-28', 1)).toBe('2027-01-04')
})

test('today is the date that clocks in the zone show', () => {
  const instant = Date.parse('2026-11-25T23:30Z')

  expect(localDate(instant, 'UTC')).toBe('2026-11-25')
  expect(localDate(instant, 'Europe/Paris')).toBe('2026-11-26')
  expect(localDate(instant, 'America/Los_Angeles')).toBe('2026-11-25')
})

test('weeks are numbered as ISO has it', () => {
  expect(['2026-11-23', '2026-12-31', '2027-01-03', '2027-01-04'].map(weekNumber)).toEqual([48, 53, 53, 1])
})

test('going on ends where dates can no longer be shown', () => {
  expect(shiftDate('year', '9998-03-01', 1)).toBe('9998-12-31')
  expect(shiftDate('day', '9998-12-31', 1)).toBe('9998-12-31')
  expect(shiftDate('month', '0002-01-15', -1)).toBe('0002-01-01')
})

test.each(['0002-01-01', '9998-12-31'])(
  'the database can answer for each view of %s in every zone',
  (date) => {
    for (const zone of ['Pacific/Kiritimati', 'Etc/GMT+12'])
      for (const view of ['week', 'lanes'] as const) {
        const { start, end } =
          view === 'lanes' ? lanesRange(date, '7d', 0, zone) : calendarRange(view, date, zone, 7)
        const [from, until] = [start, end].map((at) => new Date(at).toISOString())
        expect([from, until], `${view} in ${zone}`).toEqual([
          expect.stringMatching(/^(000|999)\d-/),
          expect.stringMatching(/^(000|999)\d-/),
        ])
        expect(start).toBeLessThan(end)
      }
  },
)
