// @vitest-environment node
import { expect, test } from 'vitest'
import { calendarBucket, calendarOmission } from './calendarFactory.ts'
import { ribbonLanes, ribbonSegments, type RibbonLane } from './ribbons.ts'

const hour = 3_600_000
const at = (hours: number) => Date.parse('2026-11-25T00:00Z') + hours * hour

const onlyLane = (items: Parameters<typeof ribbonLanes>[0]): RibbonLane => {
  const [lane] = ribbonLanes(items, 4)
  if (lane === undefined) throw new Error('There is no lane')
  return lane
}

test('the most frequent schedule has the first lane, in every week alike', () => {
  const lanes = ribbonLanes(
    [
      calendarBucket('b', at(0), { upcoming: 12 }),
      calendarBucket('a', at(0), { upcoming: 60 }),
      calendarBucket('c', at(5), { succeeded: 12 }),
    ],
    4,
  )

  expect(lanes.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
})

test('schedules beyond the last lane share it', () => {
  const buckets = ['a', 'b', 'c', 'd', 'e', 'f'].map((name, index) =>
    calendarBucket(name, at(0), { upcoming: 60 - index }),
  )

  const lanes = ribbonLanes(buckets, 4)

  expect(lanes.map(({ name }) => name)).toEqual(['a', 'b', 'c', '3 others'])
  expect(lanes[3] && [...lanes[3].scheduleIds]).toEqual(['d', 'e', 'f'])
})

test('quiet ranges are joined, exceptions stand alone', () => {
  const buckets = [
    calendarBucket('a', at(0), { succeeded: 60 }),
    calendarBucket('a', at(1), { succeeded: 60 }),
    calendarBucket('a', at(2), { succeeded: 57, failed: 3 }),
    calendarBucket('a', at(3), { succeeded: 58, failed: 2 }),
    calendarBucket('a', at(4), { upcoming: 60 }),
    calendarBucket('a', at(5), { upcoming: 60 }),
  ]

  const segments = ribbonSegments(onlyLane(buckets), buckets, at(24))

  expect(
    segments.map(({ state, start, end, counts }) => [state, (end - start) / hour, counts.total]),
  ).toEqual([
    ['succeeded', 2, 120],
    ['failed', 1, 60],
    ['failed', 1, 60],
    ['future', 2, 120],
  ])
  expect(segments[0]?.start).toBe(at(0))
})

test('a hole between two quiet ranges stays a hole', () => {
  const buckets = [
    calendarBucket('a', at(0), { succeeded: 60 }),
    calendarBucket('a', at(3), { succeeded: 60 }),
  ]

  const segments = ribbonSegments(onlyLane(buckets), buckets, at(24))

  expect(segments.map(({ start, end }) => [start, end])).toEqual([
    [at(0), at(1)],
    [at(3), at(4)],
  ])
})

test('a gap is drawn next to the counts of the same hour', () => {
  const buckets = [calendarBucket('a', at(22), { succeeded: 39 })]
  const gap = calendarOmission('a', at(22), at(22.35), 21)

  const segments = ribbonSegments(onlyLane(buckets), [...buckets, gap], at(24))

  expect(segments.map(({ state, counts }) => [state, counts.total])).toEqual([
    ['succeeded', 39],
    ['missed', 21],
  ])
})

test('a shared lane shows the worst of its schedules', () => {
  const buckets = [
    calendarBucket('a', at(0), { succeeded: 60 }),
    calendarBucket('b', at(0), { succeeded: 11, failed: 1 }),
  ]
  const lane: RibbonLane = {
    key: 'others',
    name: '2 others',
    scheduleId: '',
    scheduleIds: new Set(['a', 'b']),
  }

  const [segment] = ribbonSegments(lane, buckets, at(24))

  expect(segment).toMatchObject({ state: 'failed', counts: { total: 72, failed: 1 } })
})

test('what is due in the hour that has begun is not drawn as what ran in it', () => {
  const buckets = [
    calendarBucket('a', at(0), { succeeded: 60 }),
    calendarBucket('a', at(1), { succeeded: 15, upcoming: 45 }),
    calendarBucket('a', at(2), { upcoming: 60 }),
  ]

  const segments = ribbonSegments(onlyLane(buckets), buckets, at(1.25))

  expect(segments.map(({ state, start, end, counts }) => [state, start, end, counts.total])).toEqual([
    ['succeeded', at(0), at(1.25), 75],
    ['future', at(1.25), at(3), 105],
  ])
})
