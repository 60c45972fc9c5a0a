import { describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'
import { after, begin, everyMinute, finish, fire, ledger, START, work } from './everyMinute.ts'

const db = useTestDatabase()

describe('firing', () => {
  it('nothing is fired before it is due', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)

      expect(await fire(client, -1)).toBe(0)
      expect(await ledger(client)).toEqual([])
    }))

  it.each(['repeatable read', 'serializable'])(
    'is refused in a transaction that would not see what others fired: %s',
    async (level) => {
      const client = await db.connect()
      await client.query(`begin isolation level ${level}`)

      expect(await refusal(client.query(`select almanac_private.fire_due()`))).toMatchObject({
        code: 'AL018',
        detail: `This transaction is ${level}.`,
      })
      await client.end()
    },
  )

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

  it('cancel_running leaves runs manually alone', () =>
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
  ])('a run manually stands in line if it is asked to: %s', (policy, expected) =>
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

  it('a run manually does not hold up the schedule', () =>
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
           end)) as held from almanac.runs`,
      )

      expect(rows).toEqual([{ held: [] }])
      const runs = await client.query(
        `select r.schedule_name as name, r.status, r.error, r.result, a.status as attempt, j.run_at > now() as is_later, s.last_status as last, s.failed_runs::int as failed
         from almanac.runs r join almanac.run_attempts a on a.run_id = r.id join almanac.schedules s on s.id = r.schedule_id
         left join graphile_worker.jobs j on j.key = 'run:' || r.id and r.status = 'retrying' order by r.id`,
      )
      const ended = { error: null, result: null, is_later: null, failed: 0 }
      expect(runs.rows).toEqual([
        {
          ...ended,
          name: 'a',
          status: 'failed',
          error: 'it broke',
          attempt: 'failed',
          last: 'failed',
          failed: 1,
        },
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

  it('a run does not run without a time at which it began', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)
      await fire(client, 0)

      const beginning = client.query(
        `select almanac_private.begin_runs(almanac_private.register_worker('w', 'w', 1, '0', 1), array_agg(id), array_agg(scheduled_for), null, null)
         from almanac.runs`,
      )

      await expect(beginning).rejects.toMatchObject({ constraint: 'running_run_has_started' })
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
