import type { ClientBase } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createTestDatabase,
  inTransaction,
  type TestDatabase,
} from '../../tests/database/createTestDatabase.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())

/** A schedule of every minute that starts on a full hour to come, so that as_of says how late it is. */
const START = '2100-01-01T00:00:00Z'
async function everyMinute(client: ClientBase, settings: Record<string, unknown> = {}): Promise<void> {
  await client.query(`select almanac.schedule_every('x', '1 minute', 'almanac:noop', settings => $1)`, [
    { starts_at: START, ...settings },
  ])
}
const after = (seconds: number) => new Date(Date.parse(START) + seconds * 1000).toISOString()
async function fire(client: ClientBase, seconds: number): Promise<number> {
  const { rows } = await client.query<{ fired: number }>(`select fired from almanac_private.fire_due($1)`, [
    after(seconds),
  ])
  return rows[0]!.fired
}
/** Minute of each run, with its status. */
async function ledger(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ entry: string }>(
    `select to_char(scheduled_for at time zone 'UTC', 'FMMI') || ' ' || status as entry from almanac.runs order by scheduled_for, id`,
  )
  return rows.map((row) => row.entry)
}
async function omissions(client: ClientBase): Promise<unknown[]> {
  const { rows } = await client.query<{ entry: unknown }>(
    `select jsonb_build_array(reason, extract(minute from lower(during))::int, extract(minute from upper(during))::int, count) as entry from almanac.omissions order by during`,
  )
  return rows.map((row) => row.entry)
}
/** Ends the oldest live run as a worker would. */
async function work(
  client: ClientBase,
  status: string,
  seconds: number,
  error: string | null = null,
): Promise<void> {
  await begin(client, seconds)
  await finish(client, status, seconds, error)
}
async function begin(client: ClientBase, seconds: number): Promise<void> {
  const { rows } = await client.query<{ worker: string }>(
    `select almanac_private.register_worker('w', 'w', 1, '0', 1) as worker`,
  )
  const worker = rows[0]!.worker
  const run = `select id, scheduled_for from almanac.runs where status in ('queued', 'retrying') order by id limit 1`
  await client.query(
    `select almanac_private.begin_runs($1, array_agg(id), array_agg(scheduled_for), null, $2) from (${run}) r`,
    [worker, after(seconds)],
  )
}
async function finish(
  client: ClientBase,
  status: string,
  seconds: number,
  error: string | null = null,
): Promise<void> {
  await client.query(
    `select almanac_private.finish_runs(worker_id, jsonb_agg(jsonb_build_object('runId', id, 'scheduledFor', scheduled_for, 'status', $2::text, 'error', $3::text)), $1)
     from almanac.runs where status = 'running' group by worker_id`,
    [after(seconds), status, error],
  )
}

describe('firing', () => {
  it('nothing is fired before it is due', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)

      expect(await fire(client, -1)).toBe(0)
      expect(await ledger(client)).toEqual([])
    }))

  it('an occurrence is fired once, and its schedule armed for the next', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)

      expect(await fire(client, 0)).toBe(1)
      expect(await fire(client, 0)).toBe(0)

      expect(await ledger(client)).toEqual(['0 queued'])
      const { rows } = await client.query(
        `select key, run_at, payload from graphile_worker._private_jobs order by key`,
      )
      expect(rows).toEqual([
        expect.objectContaining({ key: expect.stringMatching(/^run:/) as string }),
        expect.objectContaining({
          key: expect.stringMatching(/^schedule:/) as string,
          run_at: new Date(after(62)),
        }),
      ])
    }))

  it('the payload of a job names its run', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_every('x', '1 minute', 'almanac:noop', '{"a": 1}', settings => $1)`,
        [{ starts_at: START }],
      )
      await fire(client, 0)

      const { rows } = await client.query<{ payload: { a: number; _run: Record<string, unknown> } }>(
        `select payload from graphile_worker._private_jobs where key like 'run:%'`,
      )
      const run = (
        await client.query<{ id: string; schedule_id: string }>(
          `select id::text, schedule_id::text from almanac.runs`,
        )
      ).rows[0]!
      expect(rows[0]!.payload.a).toBe(1)
      expect(rows[0]!.payload._run).toMatchObject({
        id: run.id,
        scheduleId: run.schedule_id,
        attempt: 1,
        trigger: 'schedule',
      })
      expect(new Date(rows[0]!.payload._run['scheduledFor'] as string).toISOString()).toBe(
        '2100-01-01T00:00:00.000Z',
      )
    }))

  it('a batch fires no more than max_count schedules and says that more are due', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `insert into almanac.schedules (name, kind, every, starts_at, task_identifier) select 'x' || i, 'interval', '1 hour', $1, 'almanac:noop' from generate_series(1, 30) i`,
        [START],
      )

      const { rows } = await client.query(
        `select fired, next_due = $1 as more_is_due from almanac_private.fire_due($1, 20)`,
        [after(0)],
      )

      expect(rows).toEqual([{ fired: 20, more_is_due: true }])
    }))

  it('a single run completes its schedule', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.schedule_at('x', $1, 'almanac:noop')`, [START])
      await fire(client, 0)

      const { rows } = await client.query(
        `select status, next_run_at, total_runs::int, last_run_at from almanac.schedules`,
      )
      expect(rows).toEqual([
        { status: 'completed', next_run_at: null, total_runs: 1, last_run_at: new Date(START) },
      ])
      expect(
        (await client.query(`select from graphile_worker.jobs where key like 'schedule:%'`)).rowCount,
      ).toBe(0)
    }))

  it('max_runs and ends_at end a schedule', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { max_runs: 2, overlap_policy: 'allow' })
      for (const seconds of [0, 60, 120]) await fire(client, seconds)
      expect(await ledger(client)).toEqual(['0 queued', '1 queued'])

      await client.query(`select almanac.schedule_every('y', '1 minute', 'almanac:noop', settings => $1)`, [
        { starts_at: START, ends_at: after(60) },
      ])
      await fire(client, 0)
      expect((await client.query(`select name, status from almanac.schedules order by name`)).rows).toEqual([
        { name: 'x', status: 'completed' },
        { name: 'y', status: 'completed' },
      ])
    }))
})

describe('what is reached late', () => {
  it('within the tolerance every occurrence fires', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { late_tolerance: '5 minutes', overlap_policy: 'allow' })

      await fire(client, 150)

      expect(await ledger(client)).toEqual(['0 queued', '1 queued', '2 queued'])
    }))

  it('run_latest runs the latest and records the others as one stretch', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { late_tolerance: '10 seconds' })

      await fire(client, 630)

      expect(await ledger(client)).toEqual(['10 queued'])
      expect(await omissions(client)).toEqual([['missed', 0, 9, 10]])
    }))

  it('run_all runs what lies within the catch-up window', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, {
        missed_run_policy: 'run_all',
        catchup_window: '150 seconds',
        late_tolerance: '0',
        overlap_policy: 'allow',
      })

      await fire(client, 300)

      expect(await ledger(client)).toEqual(['3 queued', '4 queued', '5 queued'])
      expect(await omissions(client)).toEqual([['missed', 0, 2, 3]])
    }))

  it('skip runs none', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { missed_run_policy: 'skip', late_tolerance: '1 second' })

      await fire(client, 125)

      expect(await ledger(client)).toEqual([])
      expect(await omissions(client)).toEqual([['missed', 0, 2, 3]])
    }))

  it('stretches of missed occurrences that follow each other are one', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { missed_run_policy: 'skip', late_tolerance: '1 second' })

      await fire(client, 125)
      await fire(client, 245)

      expect(await omissions(client)).toEqual([['missed', 0, 4, 5]])
    }))

  it('what is caught up waits for the run before it, also where it would be skipped were it on time', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { missed_run_policy: 'run_all', late_tolerance: '1 second' })

      await fire(client, 150)

      expect(await ledger(client)).toEqual(['0 queued', '1 waiting', '2 waiting'])
    }))

  it('what is caught up side by side is paced', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, {
        missed_run_policy: 'run_all',
        late_tolerance: '1 second',
        overlap_policy: 'allow',
        catchup_per_minute: 6,
      })

      await fire(client, 150)

      const { rows } = await client.query<{ run_at: Date }>(
        `select run_at from graphile_worker.jobs where key like 'run:%' order by run_at`,
      )
      expect(rows.map((row) => row.run_at.toISOString())).toEqual(
        [150, 160, 170].map((seconds) => after(seconds)),
      )
    }))

  it('what is far behind is caught up in parts, so that others fire between them, and paced as a whole', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, {
        missed_run_policy: 'run_all',
        late_tolerance: '1 second',
        catchup_window: '1 day',
        overlap_policy: 'allow',
      })
      const calls = []

      do calls.push(await fire(client, 1199 * 60 + 30))
      while (calls.at(-1) !== 0)

      expect(Math.max(...calls)).toBeLessThanOrEqual(500)
      const { rows } = await client.query(
        `select count(*)::int, count(distinct run_at)::int as times, min(run_at) as first, max(run_at) as last
         from graphile_worker.jobs where key like 'run:%'`,
      )
      expect(rows).toEqual([
        {
          count: 1200,
          times: 1200,
          first: new Date(after(1199 * 60 + 30)),
          last: new Date(after(1199 * 60 + 30 + 1199)),
        },
      ])
    }))

  it('what is due now is not kept waiting by what is far behind', () =>
    inTransaction(db, async (client) => {
      for (const name of ['behind', 'behind too'])
        await client.query(`select almanac.schedule_every($1, '1 minute', 'almanac:noop', settings => $2)`, [
          name,
          {
            starts_at: START,
            missed_run_policy: 'run_all',
            overlap_policy: 'allow',
            catchup_window: '1 day',
          },
        ])
      await client.query(`select almanac.schedule_every('now', '1 hour', 'almanac:noop', settings => $1)`, [
        { starts_at: after(36_000), jitter: '1 second' },
      ])

      await client.query('select almanac_private.fire_due($1, 2)', [after(36_001)])

      const { rows } = await client.query(
        `select count(*) filter (where schedule_name = 'now')::int as now, count(distinct schedule_name)::int as schedules from almanac.runs`,
      )
      expect(rows).toEqual([{ now: 1, schedules: 2 }])
    }))

  describe.each(['run_latest', 'run_all', 'skip'])(
    'what is settled in parts comes out as it does at once: %s',
    (policy) => {
      const exclude = `select almanac.create_calendar('off', 'UTC'), almanac.exclude_range('off', '2100-01-01T00:40:00Z', '2100-01-01T01:10:00Z');
      update almanac.schedules set calendars = '{off}'`
      it.each([
        ['a plain rule', {}, ''],
        ['a tail that is excluded', {}, exclude],
        ['a tail that moves behind an exclusion', { exclusion_policy: 'move' }, exclude],
        [
          'a tail that fell into a stop',
          {},
          `insert into almanac.stops (stopped_at, stopped_by, resumed_at, resumed_by, catch_up)
         values ('2100-01-01T00:40:00Z', 'me', '2100-01-01T01:05:10Z', 'me', false)`,
        ],
        ['jitter', { jitter: '50 seconds' }, ''],
        ['a few runs left', { max_runs: 3 }, ''],
        [
          'a tail that is skipped, and one before it moved behind it',
          {},
          `select almanac.skip_occurrence('x', at) from generate_series('2100-01-01T00:45:00Z', '2100-01-01T01:05:00Z', interval '1 minute') at;
         select almanac.move_occurrence('x', '2100-01-01T00:10:00Z', '2100-01-01T01:02:30Z')`,
        ],
      ])('%s', (_, settings, preparation) =>
        inTransaction(db, async (client) => {
          await everyMinute(client, {
            missed_run_policy: policy,
            late_tolerance: '20 seconds',
            catchup_window: '30 minutes',
            overlap_policy: 'allow',
            ...settings,
          })
          await client.query(preparation)
          const outcomes = async (part: number) => {
            await client.query('savepoint before')
            const { rows: calls } = await client.query(
              `select part from unnest(array[$1, $2]::timestamptz[]) with ordinality as_of (at, nth), pg_temp.settle_in_parts(at, $3) part order by nth`,
              // What is excluded is recorded when the schedule next does something: after the exclusion.
              [after(65 * 60 + 30), after(71 * 60 + 30), part],
            )
            const { rows } = await client.query(
              `select coalesce((select jsonb_agg(jsonb_build_array(r.scheduled_for, r.due_at, r.status, r.reason) order by r.scheduled_for) from almanac.runs r), '[]') as runs,
               coalesce((select jsonb_agg(jsonb_build_array(o.reason, o.during, o.count) order by o.during) from almanac.omissions o), '[]') as omissions,
               (select s.next_run_at from almanac.schedules s) as next`,
            )
            await client.query('rollback to before')
            return { calls: calls.length, ...(rows[0] as object) }
          }
          await client.query(`
          create function pg_temp.settle_in_parts(as_of timestamptz, part integer) returns setof integer language plpgsql as $$
          declare
            v_schedule almanac.schedules;
            v_result record;
          begin
            perform set_config('almanac.engine', 'on', true);
            for v_call in 1 .. 100 loop
              select s.* into v_schedule from almanac.schedules s where s.next_run_at <= as_of;
              exit when not found;
              v_result := almanac_private.settle_schedule(v_schedule, as_of, part);
              perform almanac_private.write_settled(v_result.settled);
              return next v_result.steps;
            end loop;
            perform set_config('almanac.engine', 'off', true);
          end $$`)

          const { calls, ...atOnce } = await outcomes(20_000)
          expect(calls).toBeLessThanOrEqual(2)
          for (const part of [1, 2, 7]) {
            const inParts = await outcomes(part)
            expect(inParts).toMatchObject(atOnce)
            expect(inParts.calls).toBeGreaterThan(calls)
          }
        }),
      )
    },
  )

  it('the pace goes on where it was, and the wait of a retry does not count', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, {
        missed_run_policy: 'run_all',
        overlap_policy: 'allow',
        late_tolerance: '1 second',
        retry_delay: '10 years',
        retry_ceiling: '10 years',
        catchup_per_minute: 2_147_483_647,
      })
      await fire(client, 0)
      await work(client, 'failed', 1, 'boom')

      await fire(client, 150)

      const { rows } = await client.query<{ run_at: Date }>(
        `select run_at from graphile_worker.jobs where key like 'run:%' order by run_at limit 2`,
      )
      expect(rows.map((row) => row.run_at.toISOString())).toEqual([after(150), after(150)])
    }))

  it('of what is caught up, only runs side by side are paced', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, {
        missed_run_policy: 'run_all',
        overlap_policy: 'cancel_running',
        late_tolerance: '1 second',
        catchup_per_minute: 1,
      })

      await fire(client, 150)

      expect(await ledger(client)).toEqual(['0 cancelled', '1 cancelled', '2 queued'])
      expect(
        (await client.query(`select from graphile_worker.jobs where key like 'run:%' and run_at <= now()`))
          .rowCount,
      ).toBe(1)
    }))

  it('what one firing settles one by one has a bound, also where no run comes of it', () =>
    inTransaction(db, async (client) => {
      for (const name of ['x', 'y'])
        await client.query(`select almanac.schedule_every($1, '1 minute', 'almanac:noop', settings => $2)`, [
          name,
          { starts_at: START, max_runs: 5 },
        ])

      const { rows } = await client.query(`select fired, moved from almanac_private.fire_due($1)`, [
        after(6_000 * 60),
      ])

      expect(rows).toEqual([{ fired: 0, moved: 1 }])
    }))

  it('a firing says how many schedules it moved on, and when the next is due that is not yet', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)
      await client.query(`select almanac.schedule_every('y', '1 hour', 'almanac:noop', settings => $1)`, [
        { starts_at: after(90) },
      ])

      const { rows } = await client.query(`select * from almanac_private.fire_due($1, 1)`, [after(95)])

      expect(rows).toEqual([
        { fired: 1, moved: 1, next_due: new Date(after(90)), next_later: new Date(after(120)) },
      ])
    }))

  it('a pause is recorded as omitted when it ends', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { starts_at: null })
      await client.query(`select almanac.pause('x')`)
      await client.query(`set local almanac.engine to 'on'`)
      await client.query(
        `update almanac.schedules set paused_at = now() - interval '5 minutes', cursor_at = now() - interval '5 minutes', created_at = date_trunc('second', now() - interval '10 minutes')`,
      )
      await client.query(`set local almanac.engine to 'off'`)

      await client.query(`select almanac.resume('x')`)

      expect((await client.query(`select reason, count::int from almanac.omissions`)).rows).toEqual([
        { reason: 'paused', count: 5 },
      ])
    }))
})

describe('overlap', () => {
  it.each([
    ['skip', ['0 queued', '1 skipped', '2 skipped']],
    ['queue_one', ['0 queued', '1 waiting', '2 skipped']],
    ['queue_all', ['0 queued', '1 waiting', '2 waiting']],
    ['allow', ['0 queued', '1 queued', '2 queued']],
    ['cancel_running', ['0 cancelled', '1 cancelled', '2 queued']],
  ])('%s', (policy, expected) =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { overlap_policy: policy })

      for (const seconds of [0, 60, 120]) await fire(client, seconds)

      expect(await ledger(client)).toEqual(expected)
    }),
  )

  it('allow goes up to max_concurrent', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { overlap_policy: 'allow', max_concurrent: 2 })

      for (const seconds of [0, 60, 120]) await fire(client, seconds)

      expect(await ledger(client)).toEqual(['0 queued', '1 queued', '2 skipped'])
    }))

  it('several occurrences reached at once obey the policy one after the other', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { overlap_policy: 'queue_one', late_tolerance: '1 hour' })

      await fire(client, 120)

      expect(await ledger(client)).toEqual(['0 queued', '1 waiting', '2 skipped'])
    }))

  it('the end of a run releases the oldest that waits', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { overlap_policy: 'queue_all' })
      for (const seconds of [0, 60, 120]) await fire(client, seconds)

      await work(client, 'succeeded', 130)

      expect(await ledger(client)).toEqual(['0 succeeded', '1 queued', '2 waiting'])
    }))

  it('cancel_running asks for the end of what runs, and begins when it has ended', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { overlap_policy: 'cancel_running', max_attempts: 3 })
      await fire(client, 0)
      await begin(client, 1)
      await fire(client, 60)
      await fire(client, 120)

      expect(await ledger(client)).toEqual(['0 running', '1 cancelled', '2 waiting'])
      const { rows } = await client.query(
        `select c.reason from almanac.workers w, almanac_private.cancel_requests(w.id) c`,
      )
      expect(rows).toEqual([{ reason: 'a later run took its place' }])

      // It fails of its abort, and is not tried again.
      await finish(client, 'failed', 121)
      expect(await ledger(client)).toEqual(['0 cancelled', '1 cancelled', '2 queued'])
      expect(
        (
          await client.query(
            `select from graphile_worker._private_jobs where payload -> '_run' ->> 'attempt' = '2'`,
          )
        ).rowCount,
      ).toBe(0)
    }))

  it('cancel_running leaves runs by hand alone', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { overlap_policy: 'cancel_running' })
      await client.query(`select almanac.trigger_now('x')`)
      await fire(client, 0)
      await fire(client, 60)

      expect((await client.query(`select status from almanac.runs where trigger = 'manual'`)).rows).toEqual([
        { status: 'queued' },
      ])
    }))

  it.each([
    ['skip', ['queued', 'skipped', 'skipped']],
    ['queue_one', ['queued', 'waiting', 'skipped']],
    ['queue_all', ['queued', 'waiting', 'waiting']],
    ['allow', ['queued', 'queued', 'queued']],
    ['cancel_running', ['cancelled', 'cancelled', 'queued']],
  ])('a run by hand stands in line if it is asked to: %s', (policy, expected) =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { overlap_policy: policy })

      await client.query(`select almanac.trigger_now('x', respect_overlap => true)`)
      await fire(client, 0)
      await client.query(`select almanac.trigger_now('x', respect_overlap => true)`)

      expect((await client.query(`select trigger, status from almanac.runs order by id`)).rows).toEqual(
        expected.map((status, index) => ({ trigger: index === 1 ? 'schedule' : 'manual', status })),
      )
    }),
  )

  it('a run by hand does not hold up the schedule', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)
      await client.query(`select almanac.trigger_now('x')`)

      await fire(client, 0)

      expect((await client.query(`select status from almanac.runs where trigger = 'schedule'`)).rows).toEqual(
        [{ status: 'queued' }],
      )
    }))
})

describe('attempts', () => {
  it('a failure is retried with growing delays up to the ceiling, then failed', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, {
        max_attempts: 4,
        retry_delay: '10 seconds',
        retry_backoff: 3,
        retry_ceiling: '45 seconds',
      })
      await fire(client, 0)
      const delays: number[] = []
      for (let attempt = 1; attempt <= 3; attempt++) {
        await work(client, 'failed', 1, `boom ${attempt}`)
        const { rows } = await client.query<{ run_at: Date }>(
          `select run_at from graphile_worker.jobs where key like 'run:%'`,
        )
        delays.push((rows[0]!.run_at.getTime() - Date.parse(after(1))) / 1000)
      }
      expect(await ledger(client)).toEqual(['0 retrying'])

      await work(client, 'failed', 2, 'boom 4')

      expect(delays).toEqual([10, 30, 45])
      expect(await ledger(client)).toEqual(['0 failed'])
      expect(
        (await client.query(`select attempt, status, error from almanac.run_attempts order by attempt`)).rows,
      ).toEqual([1, 2, 3, 4].map((attempt) => ({ attempt, status: 'failed', error: `boom ${attempt}` })))
      expect(
        (await client.query(`select failed_runs::int, last_status from almanac.schedules`)).rows,
      ).toEqual([{ failed_runs: 1, last_status: 'failed' }])
    }))

  it('a delay that grows beyond what a time can hold is the ceiling', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, {
        max_attempts: 1000,
        retry_delay: '10 years',
        retry_backoff: 100,
        retry_ceiling: '45 seconds',
      })
      await fire(client, 0)
      await client.query(`update almanac.runs set attempt = 900`)

      await work(client, 'failed', 1, 'boom')

      const { rows } = await client.query<{ run_at: Date }>(
        `select run_at from graphile_worker.jobs where key like 'run:%'`,
      )
      expect(rows).toEqual([{ run_at: new Date(after(46)) }])
    }))

  it('one call ends attempts of several times, each as it ended', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `insert into almanac.schedules (name, kind, task_identifier, max_attempts, retry_delay)
         values ('a', 'manual', 'almanac:noop', 1, '1 hour'), ('b', 'manual', 'almanac:noop', 2, '1 hour'), ('c', 'manual', 'almanac:noop', 2, '1 hour'),
           ('d', 'manual', 'almanac:noop', 1, '1 hour')`,
      )
      for (const name of ['a', 'b', 'c', 'd', 'd'])
        await client.query(`select almanac.trigger_now($1)`, [name])
      await client.query(
        `update almanac.runs set scheduled_for = scheduled_for - interval '1 month' where schedule_name = 'b'`,
      )
      await client.query(
        `update almanac_private.live_runs l set scheduled_for = r.scheduled_for from almanac.runs r where r.id = l.run_id`,
      )
      const worker = `(select almanac_private.register_worker('w', 'w', 1, '0', 1))`
      await client.query(
        `select almanac_private.begin_runs(${worker}, array_agg(id), array_agg(scheduled_for)) from almanac.runs`,
      )

      const { rows } = await client.query(
        `select almanac_private.finish_runs(max(worker_id), jsonb_agg(jsonb_build_object('runId', id, 'scheduledFor', scheduled_for) ||
           case schedule_name
             when 'a' then '{"status": "failed", "error": "it broke"}'::jsonb
             when 'b' then '{"status": "timed_out", "error": "too slow"}'
             when 'c' then '{"status": "failed", "error": "stopped", "isLost": true}'
             else '{"status": "succeeded", "result": 7}'
           end)) as count from almanac.runs`,
      )

      expect(rows).toEqual([{ count: 5 }])
      const runs = await client.query(
        `select r.schedule_name as name, r.status, r.error, r.result, a.status as attempt, j.run_at > now() as is_later, s.last_status as last, s.failed_runs::int as failed
         from almanac.runs r join almanac.run_attempts a on a.run_id = r.id join almanac.schedules s on s.id = r.schedule_id
         left join graphile_worker.jobs j on j.key = 'run:' || r.id and r.status = 'retrying' order by r.id`,
      )
      const ended = { error: null, result: null, is_later: null, failed: 0 }
      expect(runs.rows).toEqual([
        { ...ended, name: 'a', status: 'failed', error: 'it broke', attempt: 'failed', last: 'failed' },
        {
          ...ended,
          name: 'b',
          status: 'retrying',
          error: 'too slow',
          attempt: 'timed_out',
          is_later: true,
          last: null,
        },
        {
          ...ended,
          name: 'c',
          status: 'retrying',
          error: 'stopped',
          attempt: 'failed',
          is_later: false,
          last: null,
        },
        { ...ended, name: 'd', status: 'succeeded', result: 7, attempt: 'succeeded', last: 'succeeded' },
        { ...ended, name: 'd', status: 'succeeded', result: 7, attempt: 'succeeded', last: 'succeeded' },
      ])
    }))

  it('one that cannot be planned does not keep the others from firing', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)
      await client.query(
        `insert into almanac.schedules (name, kind, cron_expression, task_identifier) values ('lost zone', 'cron', '* * * * *', 'almanac:noop')`,
      )
      await client.query(`set local almanac.engine = 'on'`)
      await client.query(
        `update almanac.schedules s set timezone = 'Gone/Zone', next_scheduled_for = e.next_scheduled_for, next_run_at = e.next_run_at
         from almanac.schedules e where e.name = 'x' and s.name = 'lost zone'`,
      )
      await client.query(`set local almanac.engine = 'off'`)

      await fire(client, 0)

      expect(await ledger(client)).toEqual(['0 queued'])
    }))

  it('a final run does not change again', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)
      await fire(client, 0)
      await work(client, 'succeeded', 1)

      const { rows } = await client.query(
        `select b.run_id from almanac.runs r, almanac_private.begin_runs(1, array[r.id], array[r.scheduled_for]) b`,
      )

      expect(rows).toEqual([])
      expect(await ledger(client)).toEqual(['0 succeeded'])
    }))

  it('only the worker that has a run can end it', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)
      await fire(client, 0)
      const worker = async () =>
        (
          await client.query<{ id: string }>(
            `select almanac_private.register_worker('w', 'w', 1, '0', 1) as id`,
          )
        ).rows[0]!.id
      const [mine, other] = [await worker(), await worker()]
      await client.query(
        `select almanac_private.begin_runs($1, array_agg(id), array_agg(scheduled_for)) from almanac.runs`,
        [mine],
      )

      await client.query(
        `select almanac_private.finish_runs($1, jsonb_agg(jsonb_build_object('runId', id, 'scheduledFor', scheduled_for, 'status', 'failed'))) from almanac.runs`,
        [other],
      )

      expect(await ledger(client)).toEqual(['0 running'])
    }))

  it('the attempt of a lost worker fails and is queued again at once', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)
      await fire(client, 0)
      await client.query(
        `select almanac_private.begin_runs(almanac_private.register_worker('w', 'w', 1, '0', 1), array_agg(id), array_agg(scheduled_for)) from almanac.runs`,
      )

      const { rows } = await client.query(
        `select almanac_private.reap_workers(clock_timestamp() + interval '16 seconds') as reaped`,
      )

      expect(rows).toEqual([{ reaped: 1 }])
      expect(await ledger(client)).toEqual(['0 retrying'])
      expect((await client.query(`select status, error from almanac.run_attempts`)).rows).toEqual([
        { status: 'failed', error: 'The worker was lost.' },
      ])
      expect(
        (
          await client.query(
            `select run_at = now() as at_once from graphile_worker.jobs where key like 'run:%'`,
          )
        ).rows,
      ).toEqual([{ at_once: true }])
    }))
})
