// @vitest-environment node
import { expect, test } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import {
  calendarBucket,
  calendarItem,
  calendarDensity,
  calendarOmission,
  calendarOmitted,
  calendarPile,
  calendarRun,
} from '../items/calendarFactory.ts'
import { crowdedWeek } from '../calendarWeekFactory.ts'
import { calendarRange } from '../grid/calendarRange.ts'
import { densityCounts, itemsByDay, weekModel, type WeekOptions } from './weekModel.ts'

await loadTemporal()

const { days } = calendarRange('week', '2026-11-25', 'Europe/Paris')
const now = Date.parse('2026-11-25T13:37:08Z')
const options: WeekOptions = {
  now,
  sizes: { least: 40, nudge: 8, maxColumns: 2, hasFixedColumns: false, maxFailures: 3 },
  maxLanes: 4,
  laneOrder: 'most frequent',
}
const paris = (text: string) => Date.parse(`2026-11-${text}+01:00`)
const namesOf = (index: number, week: ReturnType<typeof weekModel>) =>
  week.days[index]?.blocks.flatMap(({ items }) => items.map(({ item }) => item.scheduleName))

test('an item is on the day that the shown zone has at its time', () => {
  const items = [
    calendarItem({ scheduleName: 'late', startsAt: paris('25T23:59:59') }),
    calendarItem({ scheduleName: 'midnight', startsAt: paris('26T00:00') }),
  ]

  const week = weekModel(items, days, options)

  expect(namesOf(2, week)).toEqual(['late'])
  expect(namesOf(3, week)).toEqual(['midnight'])
})

test('a moved occurrence is on its new day', () => {
  const item = calendarItem({
    scheduleName: 'moved',
    startsAt: paris('27T19:00'),
    scheduledFor: paris('25T05:45'),
  })

  const week = weekModel([item], days, options)

  expect(namesOf(2, week)).toEqual([])
  expect(namesOf(4, week)).toEqual(['moved'])
})

test('a run is as long as it took, a running one reaches to now', () => {
  const items = [
    calendarRun('over', paris('24T03:00'), 'succeeded', { took: 90 * 60_000 }),
    calendarRun('goes on', paris('25T13:30'), 'running'),
  ]

  const { days: drawn } = weekModel(items, days, options)

  expect(drawn[1]?.blocks[0]).toMatchObject({ top: 180, length: 90 })
  expect(drawn[2]?.blocks[0]?.length).toBeCloseTo(67 + 8 / 60, 1)
})

test('a frequent schedule is a ribbon, and so are its gaps; a gap of a rare one is a chip', () => {
  const items = [
    calendarBucket('api-health', paris('23T22:00'), { succeeded: 39 }),
    calendarOmission('api-health', paris('23T22:00'), paris('23T22:21'), 21),
    calendarOmission('fx-rates', paris('23T22:00'), paris('23T22:21'), 1),
  ]

  const week = weekModel(items, days, options)

  expect(namesOf(0, week)).toEqual(['fx-rates'])
  expect(week.days[0]?.ribbons[0]?.segments.map(({ state }) => state)).toEqual(['succeeded', 'missed'])
  expect(week.days[0]?.missed).toBe(22)
})

test('what began before the first day is drawn at its beginning', () => {
  const gap = calendarOmission('fx-rates', paris('20T22:00'), paris('24T22:00'), 4)

  expect(namesOf(0, weekModel([gap], days, options))).toEqual(['fx-rates'])
})

test('gaps do not count as runs', () => {
  const items = [
    calendarRun('a', paris('24T03:00'), 'succeeded'),
    calendarRun('b', paris('24T04:00'), 'timed_out'),
    calendarOmission('c', paris('24T05:00'), paris('24T06:00'), 5),
  ]

  expect(weekModel(items, days, options).days[1]?.counts).toMatchObject({ total: 2, succeeded: 1, failed: 1 })
})

test('what is only counted is not an item of a day, is summed up, and is at its time', () => {
  const items = [calendarDensity(paris('23T01:00'), 1200, 3), calendarDensity(paris('24T00:00'), 34)]

  expect(itemsByDay(items, days).flat()).toEqual([])
  expect(densityCounts(items)).toMatchObject({ total: 1234, failed: 3 })
  expect(densityCounts([])).toBeNull()
  expect(weekModel(items, days, options).days.map((day) => day.density.length)).toEqual([1, 1, 0, 0, 0, 0, 0])
})

test('an occurrence that will not run is neither a run nor due', () => {
  const items = [
    calendarOmitted('a', paris('27T03:00'), 'excluded'),
    calendarItem({ startsAt: paris('27T04:00') }),
    calendarBucket('c', paris('27T05:00'), { upcoming: 10, skipped: 2 }),
  ]

  expect(weekModel(items, days, options).days[4]?.counts).toMatchObject({
    total: 14,
    upcoming: 11,
    skipped: 3,
  })
})

test('of 5,000 occurrences none is lost, and each failure can be reached', () => {
  const items = crowdedWeek(days, now, 5000)

  const blocks = weekModel(items, days, options).days.flatMap((day) => day.blocks)

  expect(blocks.flatMap((block) => block.items)).toHaveLength(5000)
  expect(blocks.length).toBeLessThan(1000)
})

test('an upcoming occurrence is as high as it usually takes; its tail reaches the 95th percentile', () => {
  const item = calendarItem({ scheduleName: 'rollup', startsAt: paris('27T03:00') })
  const usual = new Map([['rollup', { p50: 60 * 60_000, p95: 90 * 60_000, runs: 20 }]])
  const [, , , , friday] = weekModel([item], days, { ...options, usual }).days

  expect(friday?.blocks[0]).toMatchObject({ top: 180, length: 60 })
  expect(friday?.tails).toMatchObject([{ due: 180, from: 180, to: 240, high: 270 }])
})

test('with tails chips are all alike, and a tail says how late it began', () => {
  const run = calendarRun('rollup', paris('24T03:00'), 'succeeded', {
    startedAt: paris('24T03:20'),
    finishedAt: paris('24T04:00'),
  })
  const [, tuesday] = weekModel([run], days, { ...options, hasTails: true }).days

  expect(tuesday?.blocks[0]).toMatchObject({ top: 180, length: 40 })
  expect(tuesday?.tails).toMatchObject([{ due: 180, from: 200, to: 240, high: 240 }])
})

test('what is short has no tail', () => {
  const run = calendarRun('ping', paris('24T03:00'), 'succeeded', { took: 60_000 })

  expect(weekModel([run], days, options).days[1]?.tails).toEqual([])
})

test('a moved occurrence has a ghost at its nominal place, one that jitter spreads has none', () => {
  const moved = { scheduleName: 'moved', startsAt: paris('27T19:00'), scheduledFor: paris('25T05:45') }
  const spread = calendarItem({ startsAt: paris('25T05:46'), scheduledFor: paris('25T05:45') })
  const week = weekModel([calendarItem({ ...moved, reason: 'moved' }), spread], days, options)

  expect(week.days.map(({ ghosts }) => ghosts.map(({ at }) => at))).toEqual([[], [], [345], [], [], [], []])
})

test('a pile is one block at its time, next to what stands out, and counts for its day', () => {
  const [, , wednesday] = weekModel(
    [
      calendarPile(paris('25T06:00'), { succeeded: 50 }),
      calendarRun('failed', paris('25T06:20'), 'failed'),
      calendarRun('skipped', paris('25T06:30'), 'skipped'),
      calendarRun('cancelled', paris('25T06:40'), 'cancelled'),
    ],
    days,
    { ...options, sizes: { ...options.sizes, maxColumns: 1 } },
  ).days

  expect(
    wednesday?.blocks.map(({ items }) => items.map(({ item }) => item.scheduleName || item.kind)),
  ).toEqual([['failed'], ['skipped'], ['cancelled'], ['pile']])
  expect(wednesday?.counts).toMatchObject({ total: 53, succeeded: 50, failed: 1 })
  expect(wednesday?.density).toEqual([])
})

test('what a calendar excludes does not stand out, what someone skipped does', () => {
  const crowd = ['a', 'b', 'c', 'd'].map((scheduleName) =>
    calendarItem({ scheduleName, startsAt: paris('27T06:00') }),
  )
  const [, , , , friday] = weekModel(
    [
      ...crowd,
      calendarOmitted('excluded', paris('27T06:00'), 'excluded'),
      calendarOmitted('skipped', paris('27T06:00'), 'skipped'),
    ],
    days,
    options,
  ).days

  expect(friday?.blocks[0]?.items.map(({ item }) => item.scheduleName)).toEqual(['skipped'])
  expect(friday?.blocks).toHaveLength(2)
})
