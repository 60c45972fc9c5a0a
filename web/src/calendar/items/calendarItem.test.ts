// @vitest-environment node
import { expect, test } from 'vitest'
import {
  calendarBucket,
  calendarItem,
  calendarOmission,
  calendarOmitted,
  calendarRun,
} from './calendarFactory.ts'
import {
  findItem,
  itemKey,
  itemState,
  readCalendarItem,
  sumCounts,
  type CalendarItemAnswer,
} from './calendarItem.ts'

const at = Date.parse('2026-11-25T02:00Z')
const hour = 3_600_000

const answer: CalendarItemAnswer = {
  item: 'run',
  scheduleId: '12',
  scheduleName: 'nightly-rollup',
  scheduleStatus: 'active',
  startsAt: '2026-11-25T03:00:00+01:00',
  endsAt: null,
  scheduledFor: '2026-11-25T02:55:00+01:00',
  runId: '9007199254740993',
  status: 'timed_out',
  trigger: 'schedule',
  reason: null,
  startedAt: '2026-11-25T02:00:00.040Z',
  finishedAt: '2026-11-25T02:10:00Z',
  attempt: 3,
  maxAttempts: 3,
  total: '1',
  succeeded: '0',
  failed: '1',
  skipped: '0',
  cancelled: '0',
  running: '0',
  waiting: '0',
  upcoming: '0',
}

test('a row is read with its instants, whatever offset they are written in, and its number unrounded', () => {
  expect(readCalendarItem(answer)).toMatchObject({
    kind: 'run',
    startsAt: at,
    scheduledFor: at - 300_000,
    startedAt: at + 40,
    runId: '9007199254740993',
    status: 'timed_out',
    failed: 1,
  })
})

test('a row of a kind that the client does not know is left alone', () => {
  expect(readCalendarItem({ ...answer, item: 'holiday' })).toBeNull()
  expect(readCalendarItem({ ...answer, startsAt: null })).toBeNull()
})

test('an occurrence is upcoming, moved or paused', () => {
  expect(itemState(calendarItem({ startsAt: at }))).toBe('future')
  expect(itemState(calendarItem({ startsAt: at + hour, scheduledFor: at, reason: 'moved' }))).toBe('moved')
  expect(itemState(calendarItem({ startsAt: at + hour, scheduledFor: at, reason: 'held' }))).toBe('moved')
  expect(itemState(calendarItem({ startsAt: at + hour, scheduledFor: at, reason: 'carried over' }))).toBe(
    'moved',
  )
  expect(itemState(calendarItem({ startsAt: at + 1000, scheduledFor: at }))).toBe('future')
  expect(itemState(calendarItem({ startsAt: at, scheduleStatus: 'paused' }))).toBe('paused')
})

test('a run keeps its own state when its schedule is paused', () => {
  expect(itemState(calendarRun('a', at, 'succeeded', { scheduleStatus: 'paused' }))).toBe('succeeded')
})

test.each([
  ['missed', 'missed'],
  ['stopped', 'paused'],
  ['paused', 'paused'],
  ['excluded', 'skipped'],
])('a gap because of %s is drawn as %s', (reason, state) => {
  expect(itemState({ ...calendarOmission('a', at, at + hour, 4), reason })).toBe(state)
})

test('a bucket is drawn by the worst that happened in it', () => {
  const state = (counts: Parameters<typeof calendarBucket>[2]) => itemState(calendarBucket('a', at, counts))

  expect(state({ succeeded: 59, failed: 1 })).toBe('failed')
  expect(state({ succeeded: 59, skipped: 1 })).toBe('skipped')
  expect(state({ succeeded: 58, skipped: 1, cancelled: 1 })).toBe('cancelled')
  expect(state({ succeeded: 30, running: 1, waiting: 3, upcoming: 29 })).toBe('running')
  expect(state({ succeeded: 30, waiting: 1, upcoming: 29 })).toBe('waiting')
  expect(state({ succeeded: 30, upcoming: 30 })).toBe('succeeded')
  expect(state({ upcoming: 60 })).toBe('future')
})

test.each(['skipped', 'excluded', 'merged'] as const)(
  'an occurrence that is %s is drawn as skipped',
  (reason) => {
    expect(itemState(calendarOmitted('a', at, reason))).toBe('skipped')
  },
)

test('an occurrence keeps its key while it is moved, and when it is skipped', () => {
  const keys = [
    calendarItem({ scheduleName: 'a', startsAt: at }),
    calendarItem({ scheduleName: 'a', startsAt: at + hour, scheduledFor: at, reason: 'moved' }),
    calendarOmitted('a', at, 'skipped'),
  ].map(itemKey)

  expect(new Set(keys).size).toBe(1)
})

test('two items of one schedule at one moment have keys of their own', () => {
  const run = calendarRun('a', at, 'succeeded')
  const keys = [run, { ...run, runId: 'other' }, calendarItem({ scheduleName: 'a', startsAt: at })].map(
    itemKey,
  )

  expect(new Set(keys).size).toBe(3)
})

test('counts are added up kind by kind', () => {
  expect(
    sumCounts([calendarBucket('a', at, { succeeded: 3, failed: 1 }), calendarItem({ startsAt: at })]),
  ).toEqual({
    total: 5,
    succeeded: 3,
    failed: 1,
    skipped: 0,
    cancelled: 0,
    running: 0,
    waiting: 0,
    upcoming: 1,
  })
})

test('counts of one schedule are drawn as those of a frequent one, counts of all are not', () => {
  expect(readCalendarItem({ ...answer, item: 'density' })).toMatchObject({ kind: 'bucket' })
  expect(readCalendarItem({ ...answer, item: 'density', scheduleId: null })).toMatchObject({
    kind: 'density',
  })
})

test('an open occurrence stays open when it starts: its run is the same item', () => {
  const at = Date.parse('2026-11-27T03:00+01:00')
  const occurrence = calendarItem({ scheduleName: 'a', startsAt: at })
  const run = calendarRun('a', at, 'running')
  const manual = calendarRun('a', at, 'running', { trigger: 'manual', runId: '9' })

  expect(findItem([occurrence], itemKey(occurrence))).toBe(occurrence)
  expect(findItem([manual, run], itemKey(occurrence))).toBe(run)
  expect(findItem([manual], itemKey(occurrence))).toBeNull()
})
