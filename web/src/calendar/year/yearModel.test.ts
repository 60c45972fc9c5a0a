// @vitest-environment node
import { expect, test } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import { calendarRange } from '../grid/calendarRange.ts'
import { calendarDensity } from '../items/calendarFactory.ts'
import type { OutcomeCounts } from '../items/calendarItem.ts'
import { loadLevel, yearModel } from './yearModel.ts'

await loadTemporal()
const day = 86_400_000

const counted = (own: Partial<OutcomeCounts>, startsAt: number) => ({
  ...calendarDensity(startsAt, 0, 0, day),
  ...own,
})

test('each day of the year has its place in its month, and its week', () => {
  const { days } = calendarRange('year', '2028-05-01', 'Europe/Paris')
  const months = yearModel([], days, 0)

  expect(months.map((month) => month.days.length)).toEqual([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
  expect(months.map(({ lead }) => lead).slice(0, 3)).toEqual([5, 1, 2])
})

test('a day that failed is told by its failures, one that did not by how much it had, one to be by its load', () => {
  const { days } = calendarRange('year', '2026-11-25', 'Europe/Paris')
  const at = (date: string) => Date.parse(`${date}T00:00+01:00`)
  const items = [
    counted({ total: 100, failed: 4, succeeded: 96 }, at('2026-11-23')),
    counted({ total: 100, succeeded: 100 }, at('2026-11-24')),
    counted({ total: 8, upcoming: 8 }, at('2026-11-26')),
    counted({ total: 3, skipped: 3 }, at('2026-11-22')),
    counted({ total: 90, failed: 90 }, at('2026-11-21')),
  ]
  const november = yearModel(items, days, at('2026-11-25'))[10]
  const of = (date: number) => november?.days[date - 1]

  expect([22, 23, 24, 25, 26].map((date) => of(date)?.kind)).toEqual([
    'skipped',
    'failed',
    'succeeded',
    'none',
    'future',
  ])
  expect(of(21)?.level).toBe(4)
  expect(of(23)?.level).toBeLessThan(4)
  expect(of(24)?.level).toBe(4)
  expect(of(26)?.level).toBeLessThan(4)
})

test('the busiest day of the year has the highest level, and any work more than none', () => {
  expect([0, 1, 10, 1000, 1_000_000].map((count) => loadLevel(count, 1_000_000))).toEqual([0, 1, 1, 2, 4])
})

test('the day after a clock change has its own counts', () => {
  const { days } = calendarRange('year', '2026-01-01', 'Europe/Paris')
  const items = [
    counted({ total: 23, upcoming: 23 }, Date.parse('2026-03-29T00:00+01:00')),
    counted({ total: 24, upcoming: 24 }, Date.parse('2026-03-30T00:00+02:00')),
  ]
  const march = yearModel(items, days, 0)[2]

  expect(march?.days.slice(28, 30).map(({ counts }) => counts.total)).toEqual([23, 24])
})

test('a day counts for the browser’s, also where the database has other rules of the time zone', () => {
  const { days } = calendarRange('year', '2026-01-01', 'Europe/Paris')
  const early = counted({ total: 3, upcoming: 3 }, Date.parse('2026-06-14T23:00+02:00'))
  const late = counted({ total: 4, upcoming: 4 }, Date.parse('2026-06-16T01:00+02:00'))
  const june = yearModel([early, late], days, 0)[5]

  expect(june?.days.slice(13, 16).map(({ counts }) => counts.total)).toEqual([0, 3, 4])
})
