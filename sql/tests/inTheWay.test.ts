import { describe, expect, it } from 'vitest'
import type { ClientBase } from 'pg'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { after, begin, everyMinute, fire, ledger, work } from './everyMinute.ts'

const db = useTestDatabase()

const TOLERANT = { late_tolerance: '10 minutes' }

/** What the engine knows of the runs that began, or are to, as it stalls. */
const STALLS = {
  'the last heartbeat of its worker': (client: ClientBase, seconds: number) =>
    client.query(
      `update almanac.workers set last_heartbeat_at = clock_timestamp() - make_interval(secs => $1)`,
      [seconds],
    ),
  'someone holds it locked': (client: ClientBase) =>
    client.query(
      `insert into almanac_private.held_runs
       select id, scheduled_for, clock_timestamp() from almanac.runs where status <> 'waiting' order by id limit 1`,
    ),
  'its worker says that it has ended': (client: ClientBase) =>
    client.query(
      `select almanac_private.heartbeat(r.worker_id, run_ids => array[r.id], ended => jsonb_build_array(
         jsonb_build_object('scheduleId', r.schedule_id::text, 'runId', r.id::text)))
       from almanac.runs r where r.status = 'running'`,
    ),
  'its worker says that it has ended, and that is being recorded': (client: ClientBase, seconds: number) =>
    client.query(
      `insert into almanac_private.vouchers (worker_id, beaten_at, vouched_until, ended)
       select r.worker_id, t.at, t.at, jsonb_build_object(r.id, t.at - make_interval(secs => $1))
       from almanac.runs r cross join clock_timestamp() t(at)`,
      [seconds],
    ),
  'another run holds the CPU': (client: ClientBase) =>
    client.query(`update almanac.workers set busy_since = clock_timestamp(), culprit_run_id = 0`),
  'it holds the CPU': (client: ClientBase) =>
    client.query(`update almanac.workers w set busy_since = clock_timestamp(), culprit_run_id = r.id
      from almanac.runs r where r.worker_id = w.id`),
  'a worker has it that sends no heartbeats': (client: ClientBase) =>
    client.query(
      `insert into almanac.workers (name, host, pid, version, concurrency, run_ids, last_heartbeat_at)
       select 'w', 'w', 1, '0', 1, array_agg(id), clock_timestamp() - interval '8 seconds' from almanac.runs`,
    ),
  'a worker has it and has not begun it': (client: ClientBase) =>
    client.query(
      `insert into almanac.workers (name, host, pid, version, concurrency, run_ids)
       select 'w', 'w', 1, '0', 1, array_agg(id) from almanac.runs`,
    ),
  'its worker vouched for it': (client: ClientBase, seconds: number) =>
    client.query(
      `insert into almanac_private.vouchers (worker_id, beaten_at, vouched_until)
       select id, clock_timestamp(), clock_timestamp() - make_interval(secs => $1) from almanac.workers`,
      [seconds],
    ),
  'its process has gone on after a stop': (client: ClientBase, seconds: number) =>
    client.query(
      `insert into almanac_private.vouchers (worker_id, beaten_at, vouched_until, stopped)
       select w.id, t.at, t.at, tstzrange(t.at - make_interval(secs => $1), t.at - interval '1 second')
       from almanac.workers w cross join clock_timestamp() t(at)`,
      [seconds],
    ),
  'someone holds it, and its worker is lost': (client: ClientBase) =>
    client.query(`update almanac.workers set last_heartbeat_at = '-infinity', status = 'lost'`),
  'no worker takes jobs': (client: ClientBase) =>
    client.query(
      `insert into almanac.workers (name, host, pid, version, concurrency, takes_nothing_since)
       values ('w', 'w', 1, '0', 1, now())`,
    ),
  'nothing stalls': () => Promise.resolve(),
}

describe('a run is in the way of what was due while it truly went on, and of nothing else', () => {
  it.each<{
    begun: boolean
    stall: keyof typeof STALLS
    seconds?: number
    at: number
    expected: string[]
    settings?: object
  }>([
    // On time.
    { begun: true, stall: 'nothing stalls', at: 60, expected: ['1 skipped'] },
    { begun: true, stall: 'the last heartbeat of its worker', seconds: 6, at: 60, expected: ['1 skipped'] },
    { begun: true, stall: 'the last heartbeat of its worker', seconds: 8, at: 60, expected: ['1 waiting'] },
    { begun: true, stall: 'someone holds it locked', at: 60, expected: ['1 waiting'] },
    { begun: true, stall: 'its worker says that it has ended', at: 60, expected: ['1 queued'] },
    { begun: true, stall: 'another run holds the CPU', at: 60, expected: ['1 waiting'] },
    { begun: true, stall: 'it holds the CPU', at: 60, expected: ['1 skipped'] },
    { begun: false, stall: 'nothing stalls', at: 60, expected: ['1 skipped'] },
    { begun: false, stall: 'someone holds it locked', at: 60, expected: ['1 waiting'] },
    { begun: false, stall: 'a worker has it that sends no heartbeats', at: 60, expected: ['1 waiting'] },
    { begun: false, stall: 'a worker has it and has not begun it', at: 60, expected: ['1 waiting'] },
    { begun: false, stall: 'no worker takes jobs', at: 60, expected: ['1 waiting'] },
    { begun: true, stall: 'someone holds it, and its worker is lost', at: 60, expected: ['1 waiting'] },
    { begun: true, stall: 'its worker vouched for it', seconds: 6, at: 60, expected: ['1 skipped'] },
    {
      begun: true,
      stall: 'its process has gone on after a stop',
      seconds: 6,
      at: 60,
      expected: ['1 skipped'],
    },
    {
      begun: true,
      stall: 'its worker says that it has ended, and that is being recorded',
      seconds: 1,
      at: 60,
      expected: ['1 waiting'],
    },
    // Late: it was running until the last heartbeat of its worker.
    { begun: true, stall: 'the last heartbeat of its worker', seconds: 1, at: 62, expected: ['1 skipped'] },
    { begun: true, stall: 'the last heartbeat of its worker', seconds: 3, at: 62, expected: ['1 waiting'] },
    {
      begun: true,
      stall: 'the last heartbeat of its worker',
      seconds: 40,
      at: 130,
      expected: ['1 skipped', '2 waiting'],
    },
    { begun: true, stall: 'someone holds it locked', at: 130, expected: ['1 waiting', '2 waiting'] },
    {
      begun: true,
      stall: 'its worker vouched for it',
      seconds: 40,
      at: 130,
      expected: ['1 skipped', '2 waiting'],
    },
    {
      begun: true,
      stall: 'its worker vouched for it',
      seconds: 3,
      at: 130,
      expected: ['1 skipped', '2 skipped'],
    },
    {
      begun: true,
      stall: 'its process has gone on after a stop',
      seconds: 40,
      at: 130,
      expected: ['1 skipped', '2 waiting'],
    },
    {
      begun: true,
      stall: 'its process has gone on after a stop',
      seconds: 100,
      at: 130,
      expected: ['1 waiting', '2 waiting'],
    },
    {
      begun: true,
      stall: 'its process has gone on after a stop',
      seconds: 3,
      at: 130,
      expected: ['1 skipped', '2 skipped'],
    },
    {
      begun: true,
      stall: 'someone holds it, and its worker is lost',
      at: 130,
      expected: ['1 waiting', '2 waiting'],
    },
    {
      begun: true,
      stall: 'its worker says that it has ended',
      at: 130,
      expected: ['1 queued', '2 waiting'],
    },
    {
      begun: true,
      stall: 'its worker says that it has ended, and that is being recorded',
      seconds: 40,
      at: 130,
      expected: ['1 skipped', '2 waiting'],
    },
    {
      begun: true,
      stall: 'its worker says that it has ended, and that is being recorded',
      seconds: 100,
      at: 130,
      expected: ['1 waiting', '2 waiting'],
    },
    { begun: false, stall: 'nothing stalls', at: 130, expected: ['1 waiting', '2 waiting'] },
    // Other policies.
    {
      begun: true,
      stall: 'the last heartbeat of its worker',
      seconds: 40,
      at: 130,
      settings: { overlap_policy: 'allow', max_concurrent: 1 },
      expected: ['1 skipped', '2 waiting'],
    },
    {
      begun: true,
      stall: 'someone holds it locked',
      at: 130,
      settings: { overlap_policy: 'queue_one' },
      expected: ['1 waiting', '2 skipped'],
    },
    {
      begun: true,
      stall: 'someone holds it locked',
      at: 130,
      settings: { overlap_policy: 'queue_all' },
      expected: ['1 waiting', '2 waiting'],
    },
    {
      begun: true,
      stall: 'the last heartbeat of its worker',
      seconds: 100,
      at: 130,
      settings: { overlap_policy: 'cancel_running' },
      expected: ['1 waiting', '2 waiting'],
    },
    // What is later than tolerated is missed.
    ...(['skip', 'queue_one', 'queue_all', 'cancel_running'] as const).map((overlap_policy) => ({
      begun: false,
      stall: 'nothing stalls' as const,
      at: 185,
      settings: { overlap_policy, late_tolerance: '1 second', missed_run_policy: 'run_latest' },
      expected: overlap_policy === 'cancel_running' ? ['3 queued'] : ['3 waiting'],
    })),
    {
      begun: false,
      stall: 'nothing stalls',
      at: 185,
      settings: { late_tolerance: '1 second', missed_run_policy: 'run_all' },
      expected: ['1 waiting', '2 waiting', '3 waiting'],
    },
    {
      begun: false,
      stall: 'nothing stalls',
      at: 185,
      settings: { late_tolerance: '1 second', missed_run_policy: 'skip' },
      expected: [],
    },
  ])('begun: $begun, $stall ($seconds), fired at $at: $expected $settings', (row) =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { ...TOLERANT, ...row.settings })
      await fire(client, 0)
      if (row.begun) await begin(client, 1)
      await STALLS[row.stall](client, row.seconds ?? 0)

      await fire(client, row.at)

      expect((await ledger(client)).slice(1)).toEqual(row.expected)
    }),
  )

  it('one more waits where that is not known, and no further one', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, TOLERANT)
      await fire(client, 0)
      await begin(client, 1)
      await STALLS['the last heartbeat of its worker'](client, 3)

      await fire(client, 62)
      await fire(client, 122)

      expect(await ledger(client)).toEqual(['0 running', '1 waiting', '2 skipped'])
    }))

  it('where several may go on, as many as may not', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { ...TOLERANT, overlap_policy: 'allow', max_concurrent: 2 })
      for (const minute of [0, 60]) {
        await fire(client, minute)
        await begin(client, minute + 1)
      }
      await fire(client, 120)
      await STALLS['someone holds it locked'](client)

      await fire(client, 180)

      expect(await ledger(client)).toEqual(['0 running', '1 running', '2 skipped', '3 waiting'])
    }))

  it('what cancel_running finds on time is asked to stop, whatever is known of its worker', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { overlap_policy: 'cancel_running' })
      await fire(client, 0)
      await begin(client, 1)
      await STALLS['the last heartbeat of its worker'](client, 8)

      await fire(client, 60)

      const { rows } = await client.query(
        'select status from almanac.runs where cancel_requested_at is not null',
      )
      expect(rows).toEqual([{ status: 'running' }])
    }))

  it('a run that is to be tried again has not finished', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, TOLERANT)
      await fire(client, 0)
      await work(client, 'failed', 1)

      await fire(client, 130)

      expect(await ledger(client)).toEqual(['0 retrying', '1 skipped', '2 skipped'])
    }))

  it('where a hundred wait, what is due is skipped, and says so', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { late_tolerance: '1 day' })
      await fire(client, 0)
      await fire(client, 100 * 60)

      await fire(client, 101 * 60)

      expect((await ledger(client)).slice(-2)).toEqual(['40 waiting', '41 skipped'])
      const { rows } = await client.query(`select reason from almanac.runs where status = 'skipped'`)
      expect(rows).toEqual([{ reason: 'a hundred runs are waiting already' }])
    }))
})

describe('a run that has ended, which its worker could not record', () => {
  const inLine = async (client: ClientBase) =>
    (
      await client.query<{ counts_toward_overlap: boolean }>(
        'select counts_toward_overlap from almanac_private.live_runs order by run_id',
      )
    ).rows
  const goesOn = async (client: ClientBase) => {
    await everyMinute(client)
    await fire(client, 0)
    await begin(client, 1)
  }

  it('is in the way still if another worker says so', () =>
    inTransaction(db, async (client) => {
      await goesOn(client)

      await client.query(
        `select almanac_private.heartbeat(almanac_private.register_worker('v', 'v', 1, '0', 1),
           ended => jsonb_build_array(jsonb_build_object('scheduleId', r.schedule_id, 'runId', r.id)))
         from almanac.runs r`,
      )

      expect(await inLine(client)).toEqual([{ counts_toward_overlap: true }])
    }))

  it('lets what waits for it begin', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { overlap_policy: 'queue_all' })
      await fire(client, 0)
      await begin(client, 1)
      await fire(client, 60)

      await STALLS['its worker says that it has ended'](client)

      expect(await ledger(client)).toEqual(['0 running', '1 queued'])
    }))

  it('is in the way again when it is lost with that worker, and tried again', () =>
    inTransaction(db, async (client) => {
      await goesOn(client)
      await STALLS['its worker says that it has ended'](client)
      expect(await inLine(client)).toEqual([{ counts_toward_overlap: false }])

      await client.query(`select almanac_private.reap_workers(clock_timestamp() + interval '1 minute')`)

      expect(await ledger(client)).toEqual(['0 retrying'])
      expect(await inLine(client)).toEqual([{ counts_toward_overlap: true }])
    }))

  it.each([
    ['that is not said', {}, 60],
    ['half a minute ago', { agoMs: 30_000 }, 30],
    ['before it began', { agoMs: 3_600_000 }, 1],
    ['in the future', { agoMs: -5_000 }, 60],
    ['beyond all times', { agoMs: 1e300 }, 1],
  ])('ended when it did, by how long ago that is: %s', (_, said, seconds) =>
    inTransaction(db, async (client) => {
      await goesOn(client)

      await client.query(
        `select almanac_private.finish_runs(r.worker_id, jsonb_build_array(jsonb_build_object('runId', r.id,
           'scheduledFor', r.scheduled_for, 'status', 'succeeded') || $1), $2) from almanac.runs r`,
        [said, after(60)],
      )

      const { rows } = await client.query(
        `select r.finished_at, a.finished_at as attempt from almanac.runs r join almanac.run_attempts a on a.run_id = r.id`,
      )
      const at = new Date(after(seconds))
      expect(rows).toEqual([{ finished_at: at, attempt: at }])
    }),
  )
})
