// @vitest-environment node
import { expect, test } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import { calendarItem, calendarRun } from './calendarFactory.ts'
import { calendarRange } from '../grid/calendarRange.ts'
import { excludedByDay, markPostponed, usersText, type ExcludedTime } from './excludedTimes.ts'

await loadTemporal()

const { days } = calendarRange('week', '2026-11-25', 'Europe/Paris')
const paris = (text: string) => Date.parse(`2026-11-${text}+01:00`)
const time = (start: string, end: string, own: Partial<ExcludedTime> = {}): ExcludedTime => ({
  calendar: 'holidays',
  label: null,
  start: paris(start),
  end: paris(end),
  ...own,
})

test('what lasts over days is cut at midnights, and whole days are known as such', () => {
  const parts = excludedByDay([time('26T13:00', '28T00:00', { label: 'Freeze' })], days)

  expect(parts.map((own) => own.map(({ isWholeDay }) => isWholeDay))).toEqual([
    [],
    [],
    [],
    [false],
    [true],
    [],
    [],
  ])
  expect(parts[3]?.[0]).toMatchObject({ name: 'Freeze', start: paris('26T13:00'), end: paris('27T00:00') })
})

test('without a label it is called as its calendar', () => {
  expect(excludedByDay([time('26T13:00', '26T14:00')], days)[3]?.[0]?.name).toBe('holidays')
})

test('the same window of two calendars is one', () => {
  const both = ['fr', 'de'].map((calendar) => time('26T00:00', '27T00:00', { calendar, label: 'Christmas' }))

  expect(excludedByDay(both, days)[3]).toMatchObject([{ name: 'Christmas', calendar: 'fr, de' }])
})

test('whole days come first, then parts by time', () => {
  const times = [
    time('26T13:00', '26T14:00', { label: 'b' }),
    time('26T09:00', '26T10:00', { label: 'a' }),
    time('25T00:00', '28T00:00', { label: 'all' }),
  ]

  expect(excludedByDay(times, days)[3]?.map(({ name }) => name)).toEqual(['all', 'a', 'b'])
})

test('what is later than jitter explains is postponed, of schedules that use calendars only', () => {
  const using = [{ scheduleId: 'a', name: 'a', calendars: ['holidays'], jitter: 60_000 }]
  const at = paris('26T03:00')
  const late = (scheduleName: string, by: number) =>
    calendarItem({ scheduleName, startsAt: at + by, scheduledFor: at })
  const items = [
    late('a', 60_000),
    late('a', 60_001),
    late('b', 3_600_000),
    calendarRun('a', at, 'succeeded'),
  ]

  expect(markPostponed(items, using).map(({ reason }) => reason)).toEqual([null, 'held', null, null])
})

test('for whom it is excluded is said with two names at most', () => {
  expect(usersText([])).toBe('')
  expect(usersText(['a'])).toBe(', for a')
  expect(usersText(['a', 'b', 'c', 'd'])).toBe(', for a, b and 2 more')
})
