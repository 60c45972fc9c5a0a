// @vitest-environment node
import { expect, test } from 'vitest'
import { calendarBucket, calendarItem, calendarOmission, calendarRun } from '../items/calendarFactory.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import { groupPins, groupStarts, laneBlock, laneGroups, laneRows, type LaneSchedule } from './lanesModel.ts'

const now = Date.parse('2026-11-25T13:00Z')
const hour = 3_600_000
const usual = new Map([['job', { p50: hour, p95: 2 * hour, runs: 20 }]])

const schedule = (name: string, own: Partial<LaneSchedule> = {}): LaneSchedule => ({
  scheduleId: name,
  name,
  tags: [],
  status: 'active',
  calendars: [],
  isSystem: false,
  nextAt: null,
  ...own,
})
const names = (schedules: readonly LaneSchedule[], items: readonly CalendarItem[]) =>
  laneGroups(schedules, items).map(({ tag, lanes }) => [tag, lanes.map(({ name }) => name)])

test('lanes are grouped by their first tag, those without one last', () => {
  const schedules = [
    schedule('a'),
    schedule('b', { tags: ['ops', 'data'] }),
    schedule('c', { tags: ['data'] }),
  ]

  expect(names(schedules, [])).toEqual([
    ['data', ['c']],
    ['ops', ['b']],
    [null, ['a']],
  ])
})

test('what needs attention comes first: failed, missed, retrying, running, then what is due soonest', () => {
  const schedules = [
    schedule('late', { nextAt: now + 2 * hour }),
    schedule('soon', { nextAt: now + hour }),
    ...['running', 'retrying', 'missed', 'failed'].map((name) => schedule(name)),
  ]
  const items = [
    calendarRun('running', now - hour, 'running'),
    calendarRun('retrying', now - hour, 'retrying'),
    calendarOmission('missed', now - hour, now - hour, 1),
    calendarBucket('failed', now - hour, { succeeded: 9, failed: 1 }),
  ]

  expect(names(schedules, items)).toEqual([
    [null, ['failed', 'missed', 'retrying', 'running', 'soon', 'late']],
  ])
})

test('a group that needs attention comes before those that do not', () => {
  const schedules = [schedule('a', { tags: ['a'] }), schedule('z', { tags: ['z'] })]

  expect(names(schedules, [calendarRun('z', now - hour, 'failed')]).map(([tag]) => tag)).toEqual(['z', 'a'])
})

test('a run of a schedule that is not listed has a lane all the same', () => {
  expect(names([], [calendarRun('deleted', now - hour, 'failed')])).toEqual([[null, ['deleted']]])
})

test('of a closed group only the head is a row, and only of the lanes that are shown', () => {
  const groups = laneGroups([schedule('a', { tags: ['x'] }), schedule('b', { tags: ['x'] })], [])
  const rows = (isOpen: boolean) =>
    laneRows(
      groups,
      () => isOpen,
      ({ name }) => name === 'a',
    ).map(({ key }) => key)

  expect(rows(true)).toEqual(['group:x', 'a'])
  expect(rows(false)).toEqual(['group:x'])
})

test('an upcoming occurrence is as long as it usually takes, up to the 95th percentile', () => {
  const item = calendarItem({ scheduleName: 'job', startsAt: now + hour })

  expect(laneBlock(item, usual, now)).toMatchObject({
    from: now + hour,
    to: now + 2 * hour,
    high: now + 3 * hour,
  })
})

test('a run is as long as it ran, from when it began; a late one says when it was due', () => {
  const item = calendarRun('job', now - 3 * hour, 'succeeded', {
    startedAt: now - 2 * hour,
    finishedAt: now - hour,
  })

  expect(laneBlock(item, usual, now)).toMatchObject({
    due: now - 3 * hour,
    from: now - 2 * hour,
    to: now - hour,
    high: null,
  })
})

test('a running one reaches to now, and may go on to the 95th percentile; a queued one waits until now', () => {
  const running = calendarRun('job', now - hour / 2, 'running', { startedAt: now - hour / 2 })
  const queued = calendarRun('job', now - hour, 'queued')

  expect(laneBlock(running, usual, now)).toMatchObject({ to: now, high: now + 1.5 * hour })
  expect(laneBlock(queued, usual, now)).toMatchObject({ due: now - hour, from: now, to: now + hour })
})

test('a group counts what starts when, counted ones evenly, and nothing that did not run', () => {
  const items = [
    calendarItem({ scheduleName: 'a', startsAt: now + hour }),
    calendarRun('a', now, 'succeeded'),
    calendarBucket('a', now + 2 * hour, { upcoming: 60 }),
    calendarOmission('a', now, now + hour, 9),
  ]
  const lanes = laneGroups([schedule('a')], items).flatMap((group) => group.lanes)

  expect(groupStarts(lanes, now, now + 4 * hour, 8)).toEqual([1, 0, 1, 0, 30, 30, 0, 0])
})

test('what a closed group shows is one pin where two would overlap, named for the worst', () => {
  const day = { start: now - 12 * hour, end: now + 12 * hour, now }
  const lanes = laneGroups(
    [schedule('crm-sync'), schedule('mail'), schedule('quiet')],
    [
      calendarRun('crm-sync', now - 6 * hour, 'failed'),
      calendarRun('crm-sync', now - 5.9 * hour, 'failed'),
      calendarRun('mail', now - hour, 'running'),
      calendarRun('crm-sync', now - 0.9 * hour, 'failed'),
      calendarRun('quiet', now - 3 * hour, 'succeeded'),
    ],
  ).flatMap((group) => group.lanes)
  const pins = groupPins(lanes, day, 960)

  expect(pins.map(({ text, state, items }) => [text, state, items.length])).toEqual([
    ['crm-sync ×2', 'failed', 2],
    ['crm-sync +1', 'failed', 2],
  ])
  expect(groupPins(lanes, day, 96_000)).toHaveLength(4)
})

test('no pin begins where the one before it still is', () => {
  const items = Array.from({ length: 200 }, (_, index) =>
    calendarRun(`job ${index % 7}`, now - 12 * hour + ((index * 37) % 200) * 400_000, 'failed'),
  )
  const lanes = laneGroups(
    Array.from({ length: 7 }, (_, index) => schedule(`job ${index}`)),
    items,
  ).flatMap((group) => group.lanes)
  const pins = groupPins(lanes, { start: now - 12 * hour, end: now + 12 * hour, now }, 1_100)
  const places = pins.map(({ at }) => ((at - (now - 12 * hour)) / (24 * hour)) * 1_100)

  expect(pins.flatMap((pin) => pin.items)).toHaveLength(200)
  for (const [index, { text }] of pins.entries())
    expect((places[index + 1] ?? Infinity) - (places[index] ?? 0)).toBeGreaterThan(text.length * 6)
})
