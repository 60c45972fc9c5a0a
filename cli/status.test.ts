import { Client } from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../tests/database/createTestDatabase.ts'
import { RETENTION, retentionText, type Retention } from './retentionStatus.ts'
import { ledgerText, localTime, LONGEST_TRANSACTION, notesOf, problemsOf, type Status } from './status.ts'

test.each([
  ['2026-10-25T00:30:00+00:00', '2026-10-25 02:30:00 +02:00 Europe/Paris'],
  ['2026-10-25T01:30:00+00:00', '2026-10-25 02:30:00 +01:00 Europe/Paris'],
])(
  '%s is shown with its offset, which tells the two passes of a repeated hour apart',
  (instant, expected) => {
    expect(localTime(instant, 'Europe/Paris')).toBe(expected)
  },
)

const check = { at: '2026-11-21T12:17:00+00:00', found: 0, counts: {}, isStale: false }

test.each([
  ['not checked yet', null],
  ['no gaps, no duplicates, checked 2026-11-21 12:17:00 UTC', check],
  [
    '3 problems (2 missing, 1 twice), see almanac.ledger_checks, checked 2026-11-21 12:17:00 UTC',
    { ...check, found: 3, counts: { missing: 2, twice: 1 } },
  ],
  [
    'no gaps, no duplicates when last checked 2026-11-21 12:17:00 UTC: the check is overdue',
    { ...check, isStale: true },
  ],
])('the last check of the ledger is one line: %s', (expected, last) => {
  expect(ledgerText(last, 'UTC')).toBe(expected)
})

const retention: Retention = {
  keepFor: '90 days',
  keepFailuresFor: null,
  keepLast: null,
  otherwise: 0,
  oldest: check.at,
  next: {
    from: '2026-09-07T00:00:00+00:00',
    until: '2026-09-14T00:00:00+00:00',
    runs: 12_000,
    at: '2026-12-13T00:00:00+00:00',
  },
  isRunning: false,
  endedAt: '2026-11-21T12:41:00+00:00',
  removedRuns: 3,
  droppedWeeks: 1,
  isBehind: false,
  archives: false,
  waiting: null,
}

test.each<[Partial<Retention>, string]>([
  [
    {},
    'kept for 90 days; the oldest is of 2026-11-21 12:17:00 UTC; next to go: the week of 2026-09-07, about 12,000 runs, at 2026-12-13 00:00:00 UTC; last looked at 2026-11-21 12:41:00 UTC, which removed 3 runs and 1 whole week',
  ],
  [
    { keepFor: null, oldest: null, next: null, endedAt: null },
    'kept forever; no run has ended; nothing was removed yet',
  ],
  [
    { keepFailuresFor: '1 year', keepLast: 500, otherwise: 2, next: null, isRunning: true, removedRuns: 1 },
    'kept for 90 days, failures for 1 year, the latest 500 runs of each schedule, 2 schedules say otherwise; the oldest is of 2026-11-21 12:17:00 UTC; being removed now: 1 run and 1 whole week so far',
  ],
  [
    { keepFailuresFor: '0 seconds', oldest: null, next: null, endedAt: null },
    'kept for 90 days, failures forever; no run has ended; nothing was removed yet',
  ],
  [
    { oldest: null, next: null, endedAt: null, archives: true },
    'kept for 90 days; no run has ended; nothing was removed yet; all removed runs are in files',
  ],
  [
    { oldest: null, next: null, endedAt: null, waiting: { runs: 1200, since: check.at, isBehind: false } },
    'kept for 90 days; no run has ended; nothing was removed yet; about 1,200 removed runs not in a file yet, since 2026-11-21 12:17:00 UTC',
  ],
])('what is kept and what goes next is one line: %j', (changes, expected) => {
  expect(retentionText({ ...retention, ...changes }, (at) => localTime(at, 'UTC'))).toBe(expected)
})

const worker = { name: 'w', status: 'active', concurrency: 1, seen: 1, leader: true, stall: null, busy: null }
const WELL: Status = {
  version: '18',
  copiedFrom: null,
  superuser: null,
  endsNoSessions: null,
  stopped: null,
  workers: [worker],
  schedules: null,
  runs: null,
  next: null,
  lacking: null,
  overdue: null,
  heldUp: [],
  notBegun: null,
  paced: null,
  limits: [],
  changedLogins: [],
  ahead: null,
  ledger: check,
  retention: null,
  blockers: [],
  notifications: 0.01,
  longest: null,
}

test('nothing is wrong while a worker runs, nothing is overdue and the ledger is complete', () => {
  expect(problemsOf(WELL, 'UTC')).toEqual([])
  expect(notesOf(WELL, 'UTC')).toEqual([])
})

test.each([
  [{ workers: [] }, 'no worker is running'],
  [
    {
      notBegun: {
        isFault: true,
        count: 3,
        name: 'nightly',
        since: check.at,
        slots: 10,
        holders: [{ role: 'ann', task: 'almanac:sql', count: 9 }],
      },
    },
    '3 runs do not begin, one of nightly since 2026-11-21 12:17:00 UTC. Of 10 slots are taken: 9 by almanac:sql of ann.',
  ],
  [{ notifications: 0.25 }, "PostgreSQL's notification queue is 25 % full"],
  [
    { notifications: 0.25, longest: { pid: 7, role: 'ann', application: 'psql', since: check.at } },
    'that of process 7 of ann, psql, since 2026-11-21 12:17:00 UTC. Its own role, a member of pg_signal_backend or a superuser can end it: select pg_terminate_backend(7)',
  ],
  [{ workers: [{ ...worker, status: 'no heartbeat' }] }, 'no worker is running'],
  [{ workers: [{ ...worker, status: 'draining' }] }, 'no worker is running'],
  [
    { workers: [{ ...worker, stall: { since: check.at, reason: 'locked' } }] },
    'worker w has taken no jobs since 2026-11-21 12:17:00 UTC: locked',
  ],
  [
    { workers: [{ ...worker, busy: { since: check.at, runId: '42', at: 'crunch (report.ts:3)' } }] },
    'run 42 has held the CPU of worker w since 2026-11-21 12:17:00 UTC, so its other runs wait: crunch (report.ts:3)',
  ],
  [{ lacking: [{ task: 'old', count: 1 }] }, '1 run waits for the task old, which no running worker has'],
  [
    { overdue: { count: 2, name: 'sync', at: check.at } },
    '2 schedules are overdue, sync since 2026-11-21 12:17:00',
  ],
  [
    { changedLogins: [{ login: 'almanac_sql_ann', at: check.at, what: 'its password' }] },
    'the login almanac_sql_ann of almanac:sql was found to have been changed',
  ],
  [
    {
      blockers: [
        {
          pid: 7,
          role: 'ann',
          application: 'psql',
          since: check.at,
          query: 'select 1',
          blocks: 'almanac ticker',
          blockedSince: check.at,
        },
      ],
    },
    'process 7 of ann, psql, has been blocking since 2026-11-21 12:17:00 UTC: almanac ticker, in a transaction since 2026-11-21 12:17:00 UTC, with: select 1. Its own role, a member of pg_signal_backend or a superuser can end it: select pg_terminate_backend(7)',
  ],
  [{ ahead: { count: 1, until: check.at } }, '1 schedule was fired up to 2026-11-21 12:17:00'],
  [{ stopped: { by: 'ann', reason: 'drill' } }, 'all schedules were paused by ann (drill)'],
  [{ copiedFrom: 'production' }, 'this database is a copy of production'],
  [{ ledger: { ...check, found: 1, counts: { twice: 1 } } }, 'the ledger: 1 problem (1 twice)'],
  [{ ledger: { ...check, isStale: true } }, 'the check is overdue'],
  [
    { retention: { ...retention, isBehind: true } },
    'history is not removed as it should be: the week of 2026-09-07 could have gone at 2026-12-13 00:00:00 UTC',
  ],
  [
    { retention: { ...retention, waiting: { runs: 3, since: check.at, isBehind: true } } },
    'removed runs have waited since 2026-11-21 12:17:00 UTC to be written to files.',
  ],
])('what is wrong is said: %j', (change, expected) => {
  expect(problemsOf({ ...WELL, ...change }, 'UTC')).toEqual([expect.stringContaining(expected)])
})

const full = { count: 3, name: 'nightly', since: check.at, slots: 10, holders: [] }

test.each([
  [
    {
      limits: [
        'Schedules of the role app have 20000 runs that have not ended, and unfinished_runs allows 20000. 2 schedules are put off, the first until 2026-11-21 12:17:00 UTC.',
      ],
    },
    'schedules of the role app have 20000 runs that have not ended, and unfinished_runs allows 20000. 2 schedules are put off, the first until 2026-11-21 12:17:00 UTC',
  ],
  [
    { notBegun: { ...full, isFault: false } },
    '3 runs wait for a slot, one of nightly since 2026-11-21 12:17:00 UTC. Of 10 slots are taken: none',
  ],
  [
    { paced: { count: 1, name: 'sync', until: check.at } },
    '1 run is being caught up at the pace of its schedule, the next of sync, the last at 2026-11-21 12:17:00 UTC',
  ],
])('what is not a fault of the installation is only noted: %j', (change, expected) => {
  expect(problemsOf({ ...WELL, ...change }, 'UTC')).toEqual([])
  expect(notesOf({ ...WELL, ...change }, 'UTC')).toEqual([expect.stringContaining(expected)])
})

test('a fault is not noted as well', () => {
  expect(notesOf({ ...WELL, notBegun: { ...full, isFault: true } }, 'UTC')).toEqual([])
})

test('a time zone that the server does not know is named with the schedule that has it', () => {
  const overdue = { count: 1, name: 'sync', at: check.at, lost: [{ name: 'sync', timezone: 'US/Eastern' }] }

  expect(problemsOf({ ...WELL, overdue }, 'UTC')).toContainEqual(
    expect.stringContaining('does not know the time zone US/Eastern of schedule sync'),
  )
})

test('the longest transaction of all is found by a login that may see it', async () => {
  const db = await createTestDatabase()
  const holder = await db.connect('viewer')
  const admin = new Client({ connectionString: db.adminConnectionString })
  await admin.connect()
  try {
    await holder.query('begin')
    const began = await holder.query<{ at: Date }>('select now() as at')
    const { rows } = await admin.query<{ since: Date }>(
      `select (l.longest ->> 'since')::timestamptz as since from (${LONGEST_TRANSACTION}) l(longest)`,
    )
    expect(rows[0]!.since.getTime()).toBeLessThanOrEqual(began.rows[0]!.at.getTime())
  } finally {
    await holder.end()
    await admin.end()
    await db.drop()
  }
})

const heldUp = [
  { count: 3, name: 'nightly', since: check.at, because: 'the calendars take long', remedy: 'Remove some.' },
]
const heldUpLine =
  '3 schedules are due and held up, the first nightly, since 2026-11-21 12:17:00 UTC: the calendars take long. Remove some'

test('what firing leaves for later is noted, with why and what to do, and a problem once it is overdue', () => {
  expect(notesOf({ ...WELL, heldUp }, 'UTC')).toEqual([heldUpLine])
  expect(problemsOf({ ...WELL, heldUp }, 'UTC')).toEqual([])

  const late = { ...WELL, heldUp, overdue: { count: 3, name: 'nightly', at: check.at } }
  expect(notesOf(late, 'UTC')).toEqual([])
  expect(problemsOf(late, 'UTC')).toContain(heldUpLine)
})

test('what retention says is read as it is', async () => {
  const db = await createTestDatabase()
  try {
    await db.query(`select almanac.set_retention('18 months')`)

    const [found] = await db.query<{ read: Retention }>(`select (${RETENTION}) as read`)

    expect(found!.read).toEqual({
      keepFor: '1 year 6 months',
      keepFailuresFor: null,
      keepLast: null,
      otherwise: 0,
      oldest: null,
      next: null,
      isRunning: false,
      endedAt: null,
      removedRuns: 0,
      droppedWeeks: 0,
      isBehind: false,
      archives: false,
      waiting: null,
    })
  } finally {
    await db.drop()
  }
})
