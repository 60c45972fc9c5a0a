// @vitest-environment node
import { expect, test } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import { crowdedWeek } from '../calendarWeekFactory.ts'
import { calendarRange } from '../grid/calendarRange.ts'
import {
  calendarBucket,
  calendarItem,
  calendarDensity,
  calendarOmission,
  calendarRun,
} from '../items/calendarFactory.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import { dayModel, daySizes } from './dayModel.ts'

await loadTemporal()

const now = Date.parse('2026-11-25T13:37:08Z')
const paris = (text: string) => Date.parse(`2026-11-${text}+01:00`)

function modelOf(
  items: readonly CalendarItem[],
  date = '2026-11-25',
  width = 1000,
  timeZone = 'Europe/Paris',
) {
  const [day] = calendarRange('day', date, timeZone).days
  if (day === undefined) throw new Error('No day')
  const model = dayModel(items, day, { now, least: 40, nudge: 8, width, gutter: 0 })
  if (model.drawn === undefined) throw new Error('No day was drawn')
  return { ...model, drawn: model.drawn }
}

test('a day has the outcomes of its own items and of what is only counted, failures first', () => {
  const { outcomes } = modelOf([
    calendarRun('a', paris('25T03:00'), 'succeeded'),
    calendarBucket('b', paris('25T13:00'), { succeeded: 7, failed: 2, upcoming: 3 }),
    calendarRun('c', paris('25T04:00'), 'failed'),
    calendarOmission('d', paris('25T05:00'), paris('25T06:00'), 4),
    calendarRun('e', paris('25T13:30'), 'running'),
    calendarRun('other day', paris('26T00:00'), 'failed'),
    calendarDensity(paris('25T01:00'), 90, 1),
  ])

  expect(outcomes).toEqual([
    { state: 'failed', count: 4 },
    { state: 'missed', count: 4 },
    { state: 'running', count: 1 },
    { state: 'future', count: 92 },
    { state: 'succeeded', count: 8 },
  ])
})

test('what is too much for one place fills a row, failures first, and the pile takes its last column', () => {
  const items = Array.from({ length: 9 }, (_, index) =>
    calendarRun(`job-${index}`, paris('25T00:00'), index === 6 ? 'failed' : 'succeeded', {
      scheduleId: `${index}`,
    }),
  )

  const { blocks } = modelOf(items, '2026-11-25', 750).drawn

  expect(blocks.map(({ column, columns, items: { length } }) => [column, columns, length]).sort()).toEqual([
    [0, 5, 1],
    [1, 5, 1],
    [2, 5, 1],
    [3, 5, 1],
    [4, 5, 5],
  ])
  expect(blocks.find(({ column }) => column === 0)?.items[0]?.item.scheduleName).toBe('job-6')
})

test('chips that stand together stay together at the end of the day', () => {
  const items = ['a', 'b', 'c'].map((name) => calendarItem({ scheduleId: name, startsAt: paris('25T23:58') }))

  const { blocks } = modelOf(items).drawn

  expect(blocks.map(({ top, column }) => [top, column]).sort()).toEqual([
    [1400, 0],
    [1400, 1],
    [1400, 2],
  ])
})

test('of the ribbons those that failed come first, so that they have names of their own', () => {
  const names = Array.from({ length: 20 }, (_, index) => `often-${index}`)
  const buckets = names.map((name, index) =>
    calendarBucket(name, paris('25T09:00'), { succeeded: 60 - index, failed: index === 19 ? 1 : 0 }),
  )

  const { lanes } = modelOf(buckets)

  expect(lanes.map(({ name }) => name).slice(0, 2)).toEqual(['often-19', 'often-0'])
  expect(lanes.at(-1)?.name).toBe('5 others')
})

test.each([
  [302, 3, { maxLanes: 5, maxColumns: 2 }],
  [302, 30, { maxLanes: 5, maxColumns: 2 }],
  [960, 3, { maxLanes: 16, maxColumns: 6 }],
  [960, 30, { maxLanes: 16, maxColumns: 4 }],
  [2400, 0, { maxLanes: 16, maxColumns: 6 }],
])('%i pixels with %i frequent schedules', (width, frequent, sizes) => {
  expect(daySizes(width, frequent)).toEqual(sizes)
})

test.each([
  ['Europe/Paris', '2026-03-29', 1440, [{ from: 120, to: 180 }], 23],
  ['Europe/Paris', '2026-10-25', 1500, [], 25],
  ['Australia/Lord_Howe', '2026-10-04', 1440, [{ from: 120, to: 150 }], 23.5],
  ['Australia/Lord_Howe', '2026-04-05', 1470, [], 24.5],
])(
  'in %s %s has all its hours, and hatches the ones that it lacks',
  (timeZone, date, length, lacking, hours) => {
    const [day] = calendarRange('day', date, timeZone).days
    const start = day?.start ?? 0
    const every = Array.from({ length: hours * 2 }, (_, half) =>
      calendarItem({ scheduleId: `${half}`, startsAt: start + half * 1_800_000 }),
    )

    const { axis, drawn } = modelOf(every, date, 1000, timeZone)

    expect(axis.length).toBe(length)
    expect(drawn.lacking).toEqual(lacking)
    expect(drawn.blocks.flatMap(({ items }) => items)).toHaveLength(hours * 2)
    const tops = drawn.blocks.map(({ items }) => items[0]?.from ?? NaN).sort((a, b) => a - b)
    expect(new Set(tops).size).toBe(hours * 2)
    expect(tops.some((top) => drawn.lacking.some(({ from, to }) => top >= from && top < to))).toBe(false)
  },
)

test('of 1,000 occurrences none is lost, drawn below the day, or over another', () => {
  const { days } = calendarRange('day', '2026-11-25', 'Europe/Paris')

  const { blocks } = modelOf(crowdedWeek(days, now, 1000)).drawn

  expect(blocks.flatMap(({ items }) => items)).toHaveLength(1000)
  expect(Math.max(...blocks.map(({ top, length }) => top + length))).toBeLessThanOrEqual(1440)
  const places = blocks.map(({ top, column }) => `${top} ${column}`)
  expect(new Set(places).size).toBe(places.length)
})
