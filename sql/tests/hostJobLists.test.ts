import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

/** An application's jobs in each state, of two tasks, next to a schedule and a run of Almanac's. */
async function addJobs(client: ClientBase): Promise<void> {
  await client.query(`
    select almanac.schedule_every('x', '1 hour', 'almanac:noop'), almanac.trigger_now('x');
    select graphile_worker.add_job('send', '{"to": "ann@example.com"}', job_key => 'Welcome:1');
    select graphile_worker.add_job('send', '{}', run_at => now() + interval '1 hour', queue_name => 'mail');
    select graphile_worker.add_job('send', '{}', max_attempts => 3, flags => '{slow,big}');
    select graphile_worker.add_job('send', '{}', max_attempts => 3, run_at => now() + interval '1 minute');
    select graphile_worker.add_job('resize', '{"image": 7}', job_key => 'schedule:99');
    update graphile_worker._private_jobs j set attempts = 3, last_error = 'Refused: ann@example.com' where flags is not null;
    update graphile_worker._private_jobs j set attempts = 1, last_error = 'Timeout'
    where max_attempts = 3 and run_at > now();
    select almanac_private.heartbeat(almanac_private.register_worker('paris:1', 'paris', 1, '1', 1), '{pool-a}');
    update graphile_worker._private_jobs j set locked_at = now() - interval '5 minutes', locked_by = 'pool-a', attempts = 1
    where key = 'schedule:99'`)
}

const jobs = async (client: ClientBase, args = '') =>
  (
    await client.query<Record<string, unknown>>(
      `select task_identifier as task, state, key, queue_name as queue, attempts || '/' || max_attempts as attempts, last_error as error,
         flags, worker_name as worker, locked_by from almanac.host_jobs(${args})`,
    )
  ).rows
const states = async (client: ClientBase, args: string) =>
  (await jobs(client, args)).map(({ state }) => state)
const job = (own: Record<string, unknown>) => ({
  task: 'send',
  key: null,
  queue: null,
  error: null,
  flags: null,
  worker: null,
  locked_by: null,
  ...own,
})

describe("an application's jobs", () => {
  it('are listed with their state, the newest first, without those of Almanac', () =>
    inTransaction(db, async (client) => {
      await addJobs(client)

      expect(await jobs(client)).toEqual([
        job({
          task: 'resize',
          state: 'locked',
          key: 'schedule:99',
          attempts: '1/25',
          worker: 'paris:1',
          locked_by: 'pool-a',
        }),
        job({ state: 'retrying', attempts: '1/3', error: 'Timeout' }),
        job({ state: 'failed', attempts: '3/3', error: 'Refused: ann@example.com', flags: ['big', 'slow'] }),
        job({ state: 'scheduled', attempts: '0/25', queue: 'mail' }),
        job({ state: 'ready', attempts: '0/25', key: 'Welcome:1' }),
      ])
    }))

  it('of a worker that is not one of Almanac’s, or was, name its pool', () =>
    inTransaction(db, async (client) => {
      await addJobs(client)
      await client.query(
        `update graphile_worker._private_jobs set locked_by = 'pool-b' where locked_by = 'pool-a'`,
      )

      expect(await jobs(client, `in_state => 'locked'`)).toMatchObject([
        { worker: null, locked_by: 'pool-b' },
      ])
    }))

  it.each([
    [`task => 'send'`, ['retrying', 'failed', 'scheduled', 'ready']],
    [`task => 'Send'`, []],
    [`in_state => 'failed'`, ['failed']],
    [`queue => 'mail'`, ['scheduled']],
    [`search => 'welcome'`, ['ready']],
    [`search => 'MAIL'`, ['scheduled']],
    [`search => 'esi'`, ['locked']],
    [`search => '%'`, []],
    [`task => 'send', in_state => 'ready', search => 'come'`, ['ready']],
    [`search => '', max_count => 2`, ['locked', 'retrying']],
  ])('are narrowed by %s', (args, found) =>
    inTransaction(db, async (client) => {
      await addJobs(client)

      expect(await states(client, args)).toEqual(found)
    }),
  )

  it('are read in pages, each of which begins after the last of the one before', () =>
    inTransaction(db, async (client) => {
      await addJobs(client)
      const seen: unknown[] = []
      let before: string | null = null
      for (const pages of [1, 2, 3, 4]) {
        const page: { id: string; state: string }[] = (
          await client.query<{ id: string; state: string }>(
            'select id, state from almanac.host_jobs(before_id => $1, max_count => 2)',
            [before],
          )
        ).rows
        expect(page).toHaveLength([2, 2, 1, 0][pages - 1]!)
        seen.push(...page.map(({ state }) => state))
        before = page.at(-1)?.id ?? before
      }

      expect(seen).toEqual(['locked', 'retrying', 'failed', 'scheduled', 'ready'])
    }))

  it('of millions are read up to a bound, after which a row says where to continue', () =>
    inTransaction(db, async (client) => {
      await addJobs(client)
      await client.query(`
        with tasks as (select id from graphile_worker._private_tasks where identifier = 'send')
        insert into graphile_worker._private_jobs (task_id, payload) select t.id, '{}' from tasks t, generate_series(1, 100000)`)
      const failed = async (before: string | null) =>
        (
          await client.query<{ id: string; state: string | null }>(
            `select id, state from almanac.host_jobs(in_state => 'failed', before_id => $1)`,
            [before],
          )
        ).rows

      const [rest, ...others] = await failed(null)
      expect([rest?.state, others]).toEqual([null, []])
      expect((await failed(rest!.id)).map(({ state }) => state)).toEqual(['failed'])
      const { rows } = await client.query(
        'select task_identifier as task, ready::int, failed::int, is_whole from almanac.host_job_counts()',
      )
      // Two jobs of Almanac's are the oldest.
      expect(rows).toEqual([
        { task: 'resize', ready: 0, failed: 0, is_whole: false },
        { task: 'send', ready: 10_000 - 6, failed: 1, is_whole: false },
      ])
    }))

  it('are counted by task and state', () =>
    inTransaction(db, async (client) => {
      await addJobs(client)
      await client.query(`
        select graphile_worker.add_job('send', run_at => now() - interval '3 minutes')`)

      const { rows } = await client.query(
        `select task_identifier as task, array[ready, scheduled, retrying, locked, failed]::int[] as counts, is_whole,
           round(extract(epoch from clock_timestamp() - ready_since) / 60)::int as minutes from almanac.host_job_counts()`,
      )

      expect(rows).toEqual([
        { task: 'resize', counts: [0, 0, 0, 1, 0], is_whole: true, minutes: null },
        { task: 'send', counts: [2, 1, 1, 0, 1], is_whole: true, minutes: 3 },
      ])
    }))

  it('show what they failed with to operators and admins, and their payloads to admins alone', () =>
    inTransaction(db, async (client) => {
      await addJobs(client)
      const { rows } = await client.query<{ id: string }>(
        `select id from almanac.host_jobs(search => 'welcome')`,
      )
      const id = rows[0]!.id
      const seen = async (role: string) => ({
        errors: await asRole(client, role, async (as) =>
          (await jobs(as, `in_state => 'failed'`)).map(({ error }) => error),
        ),
        payload: await asRole(client, role, (as) =>
          as.query('select almanac.host_job_payload($1)', [id]),
        ).then(
          (answer) => answer.rows[0] as object,
          ({ code, hint }: { code: string; hint: string }) => ({ code, hint }),
        ),
      })

      const refused = {
        code: 'AL011',
        hint: expect.stringContaining('grant almanac_admin') as string,
      }
      expect(await seen('almanac_viewer')).toEqual({ errors: [null], payload: refused })
      expect(await seen('almanac_operator')).toEqual({
        errors: ['Refused: ann@example.com'],
        payload: refused,
      })
      expect(await seen('almanac_admin')).toEqual({
        errors: ['Refused: ann@example.com'],
        payload: { host_job_payload: '{"to": "ann@example.com"}' },
      })
      for (const call of ['host_jobs()', 'host_job_counts()', 'host_job_payload(1)', 'host_crontab()'])
        await expect(
          asRole(client, 'almanac_server', (as) => as.query(`select almanac.${call}`)),
        ).rejects.toMatchObject({
          code: '42501',
        })
    }))

  it('keep long payloads and errors bounded, and those of Almanac to themselves', () =>
    inTransaction(db, async (client) => {
      await addJobs(client)
      await client.query(
        `update graphile_worker._private_jobs set payload = to_json(repeat('x', 200000)), last_error = repeat('y', 9999)
         where key = 'Welcome:1'`,
      )

      const { rows } = await client.query(
        `select length(almanac.host_job_payload(id)), length(last_error) as error, right(almanac.host_job_payload(id), 2) as end
         from almanac.host_jobs(search => 'welcome')`,
      )
      expect(rows).toEqual([{ length: 100000, error: 2000, end: 'x…' }])
      const own = await client.query(
        `select count(*)::int, count(almanac.host_job_payload(id))::int as told from graphile_worker.jobs where key ~ '^(run|schedule:[1-8])'`,
      )
      expect(own.rows).toEqual([{ count: 2, told: 0 }])
    }))

  it('are refused with what to do where the filter is wrong', async () => {
    expect(await refusal(db.query(`select almanac.host_jobs(in_state => 'done')`))).toMatchObject({
      code: 'AL009',
      detail: 'States: ready, scheduled, retrying, locked, failed.',
    })
    expect((await refusal(db.query('select almanac.host_jobs(max_count => 1001)'))).code).toBe('AL012')
  })
})

/** A running worker that fires this crontab. */
const report = async (client: ClientBase, items: unknown): Promise<string> => {
  const { rows } = await client.query<{ id: string }>(
    `select almanac_private.register_worker('paris:1', 'paris', 1, '1', 1) as id`,
  )
  await client.query('select almanac_private.report_crontab($1, $2)', [rows[0]!.id, JSON.stringify(items)])
  return rows[0]!.id
}
const crontab = async (client: ClientBase, args = '') =>
  (
    await client.query<Record<string, unknown>>(
      `select identifier, task_identifier as task, rule, workers::int, last_execution, known_since is not null as known,
         next_at > now() and next_at <= now() + interval '1 day' as next from almanac.host_crontab(${args})`,
    )
  ).rows
const known = `insert into graphile_worker._private_known_crontabs (identifier, known_since, last_execution)
  values ('digest', '2026-01-01Z', '2026-11-30 03:00Z'), ('old', '2025-01-01Z', null)`
const DIGEST = {
  identifier: 'digest',
  task: 'send',
  rule: '0 3 * * *',
  cron: '0 3 * * *',
  backfill_ms: 3600000,
}

describe("an application's crontab", () => {
  it('is what Graphile Worker knows of its items, and what running workers fire', () =>
    inTransaction(db, async (client) => {
      await client.query(known)
      await report(client, [DIGEST])
      await report(client, [DIGEST, { identifier: 'fresh', task: 'resize', backfill_ms: 0 }])

      expect(await crontab(client)).toEqual([
        {
          identifier: 'digest',
          task: 'send',
          rule: '0 3 * * *',
          workers: 2,
          last_execution: new Date('2026-11-30T03:00:00Z'),
          known: true,
          next: true,
        },
        {
          identifier: 'fresh',
          task: 'resize',
          rule: null,
          workers: 1,
          last_execution: null,
          known: false,
          next: null,
        },
        {
          identifier: 'old',
          task: null,
          rule: null,
          workers: 0,
          last_execution: null,
          known: true,
          next: null,
        },
      ])
      expect(await crontab(client, `'RESI'`)).toMatchObject([{ identifier: 'fresh' }])
      expect(await crontab(client, `after_identifier => 'digest', max_count => 1`)).toMatchObject([
        { identifier: 'fresh' },
      ])
    }))

  it('of a worker that ended is no longer told, and is removed when the next one starts', () =>
    inTransaction(db, async (client) => {
      const stopped = await report(client, [DIGEST])
      await client.query('select almanac_private.stop_worker($1)', [stopped])

      expect(await crontab(client)).toEqual([])

      const next = await report(client, [DIGEST])
      const { rows } = await client.query('select worker_id from almanac_private.crontab_items')
      expect(rows).toEqual([{ worker_id: next }])
      await client.query('delete from almanac.workers')
      expect((await client.query('select from almanac_private.crontab_items')).rowCount).toBe(0)
    }))

  it('is bounded, whatever a worker says', () =>
    inTransaction(db, async (client) => {
      const items = Array.from({ length: 1200 }, (_, n) => ({
        ...DIGEST,
        identifier: `item ${n}`,
        rule: 'r'.repeat(600),
        cron: n === 0 ? 'whenever' : '1'.repeat(1001),
        task: 't'.repeat(200),
        queue: 'q'.repeat(200),
        job_key: 'k'.repeat(600),
        backfill_ms: 1e300,
      }))
      await report(client, [
        { ...DIGEST, identifier: 'x'.repeat(501) },
        { ...DIGEST, task: null },
        DIGEST,
        DIGEST,
        ...items,
      ])

      const { rows } = await client.query(
        `select count(*)::int, max(length(c::text)) < 2000 as small, count(c.cron)::int as crons from almanac_private.crontab_items c`,
      )
      expect(rows).toEqual([{ count: 997, small: true, crons: 1 }])
    }))

  it.each([
    'drop table graphile_worker._private_known_crontabs',
    'alter table graphile_worker._private_known_crontabs drop last_execution',
  ])('is refused with what to do where Graphile Worker has changed: %s', (change) =>
    inTransaction(db, async (client) => {
      await client.query(change)

      expect(await refusal(client.query('select almanac.host_crontab()'))).toMatchObject({
        code: 'AL013',
        message: 'The crontab of Graphile Worker cannot be read.',
        hint: expect.stringContaining('almanac migrate') as string,
      })
    }),
  )
})
