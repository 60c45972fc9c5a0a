import type { ClientBase } from 'pg'
import { describe, expect, it, test } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

/** Runs manually of these names, begun by one worker of the pool p, whose number is returned. */
async function begin(client: ClientBase, names: string[], settings: object = {}): Promise<string> {
  for (const name of names) {
    await client.query(
      `insert into almanac.schedules (name, kind, task_identifier, max_attempts)
       values ($1, 'manual', 'almanac:noop', ($2::jsonb ->> 'max_attempts')::int)`,
      [name, { max_attempts: 2, ...settings }],
    )
    await client.query(`select almanac.trigger_now($1)`, [name])
  }
  return beginAgain(client)
}

async function beginAgain(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `select almanac_private.register_worker('w', 'w', 1, '0', 1) as id`,
  )
  const worker = rows[0]!.id
  await client.query(`select almanac_private.heartbeat($1, array['p'])`, [worker])
  await client.query(
    `select almanac_private.begin_runs($1, array_agg(r.id), array_agg(r.scheduled_for), array_agg(j.id)) from (
       select * from almanac.runs where status in ('queued', 'retrying') order by id) r
     left join graphile_worker.jobs j on j.key = 'run:' || r.id`,
    [worker],
  )
  return worker
}

const lose = (client: ClientBase) =>
  client.query(`select almanac_private.reap_workers(clock_timestamp() + interval '16 seconds')`)

async function runs(client: ClientBase): Promise<unknown[]> {
  const { rows } = await client.query<{ run: unknown }>(
    `select jsonb_build_array(schedule_name, status, attempt, max_attempts) as run from almanac.runs order by id`,
  )
  return rows.map(({ run }) => run)
}
/** How many attempts each was given back, in the order of their numbers. */
const givenBack = (client: ClientBase) =>
  asRole(client, 'almanac_viewer', () =>
    value(client, `select array_agg(almanac.runs_given_back(r) order by r.id) as value from almanac.runs r`),
  )
const value = async <T>(client: ClientBase, text: string, values: unknown[] = []) =>
  (await client.query<{ value: T }>(text, values)).rows[0]?.value

test('an attempt that is lost with its worker does not use up one of the task', () =>
  inTransaction(db, async (client) => {
    await begin(client, ['a'])

    await lose(client)

    expect(await runs(client)).toEqual([['a', 'retrying', 1, 3]])
    const worker = await beginAgain(client)
    await client.query(
      `select almanac_private.finish_runs($1, jsonb_build_array(jsonb_build_object('runId', id, 'scheduledFor', scheduled_for,
         'status', 'failed', 'error', 'no', 'isPermanent', true))) from almanac.runs`,
      [worker],
    )
    expect(await runs(client)).toEqual([['a', 'failed', 2, 3]])
  }))

test('a run with which three workers were lost has failed, and says so', () =>
  inTransaction(db, async (client) => {
    await begin(client, ['a'])
    await lose(client)
    await beginAgain(client)
    await lose(client)
    await beginAgain(client)
    await lose(client)

    expect(await runs(client)).toEqual([['a', 'failed', 3, 4]])
    expect(await givenBack(client)).toEqual([2])
    expect(await value(client, `select error as value from almanac.runs`)).toMatch(
      /^The worker was lost\.\nThis is the third worker .* not tried again/,
    )
    expect(await value(client, `select count(*)::int as value from almanac_private.live_runs`)).toBe(0)
  }))

test('how many workers may be lost with a run is a setting', () =>
  inTransaction(db, async (client) => {
    await client.query(`update almanac_private.settings set value = '1' where key = 'max_lost_attempts'`)
    await begin(client, ['a'])

    await lose(client)

    expect(await runs(client)).toEqual([['a', 'failed', 1, 2]])
    expect(await givenBack(client)).toEqual([0])
  }))

test('runs with which two workers were lost are tried one at a time, so that the one to blame is alone', () =>
  inTransaction(db, async (client) => {
    const queues = () =>
      value(
        client,
        `select array_agg(queue_name order by key) as value from graphile_worker.jobs where key like 'run:%'`,
      )
    await begin(client, ['a', 'b'])
    await lose(client)
    expect(await queues()).toEqual([null, null])

    await beginAgain(client)
    await lose(client)

    expect(await queues()).toEqual(['almanac:one-at-a-time', 'almanac:one-at-a-time'])
  }))

test('the run that ended its worker fails with what it did, and the others are handed back', () =>
  inTransaction(db, async (client) => {
    const worker = await begin(client, ['a', 'b'])

    for (let time = 0; time < 3; time++) {
      await client.query(
        `select almanac_private.mark_worker_lost(w.id, 'The task called process.exit(1).', r.id, true) from almanac.workers w, almanac.runs r
         where w.status = 'active' and r.schedule_name = 'a'`,
      )
      await beginAgain(client)
    }

    expect(await runs(client)).toEqual([
      ['a', 'failed', 2, 2],
      ['b', 'running', 4, 5],
    ])
    expect(await value(client, `select error as value from almanac.runs where schedule_name = 'a'`)).toBe(
      'The task called process.exit(1).',
    )
    expect(
      await value(
        client,
        `select array_agg(distinct a.status) as value from almanac.run_attempts a join almanac.runs r on r.id = a.run_id where schedule_name = 'b'`,
      ),
    ).toEqual('{cancelled}')
    const { rows } = await client.query(
      `select w.status, w.end_reason, w.culprit_run_id = r.id as is_named from almanac.workers w, almanac.runs r
       where w.id = $1 and r.schedule_name = 'a'`,
      [worker],
    )
    expect(rows).toEqual([{ status: 'lost', end_reason: 'The task called process.exit(1).', is_named: true }])
  }))

test('a worker whose pool failed hands its runs back, and no run is to blame', () =>
  inTransaction(db, async (client) => {
    const worker = await begin(client, ['a'])

    for (let time = 0; time < 4; time++) {
      await client.query(
        `select almanac_private.mark_worker_lost(id) from almanac.workers where status = 'active'`,
      )
      await beginAgain(client)
    }

    expect(await runs(client)).toEqual([['a', 'running', 5, 6]])
    expect(
      await value(client, `select end_reason as value from almanac.workers where id = $1`, [worker]),
    ).toBe('Its pool of jobs failed.')
  }))

test('a run that a stopped worker hands back is tried again at once, however often', () =>
  inTransaction(db, async (client) => {
    await begin(client, ['a'])
    for (let time = 0; time < 5; time++) {
      await client.query(
        `select almanac_private.finish_runs(worker_id, jsonb_build_array(jsonb_build_object('runId', id, 'scheduledFor', scheduled_for,
           'status', 'failed', 'error', 'stopped', 'isReturned', true))) from almanac.runs`,
      )
      expect(
        await value(
          client,
          `select run_at = now() and queue_name is null as value from graphile_worker.jobs where key like 'run:%'`,
        ),
      ).toBe(true)
      await beginAgain(client)
    }

    expect(await runs(client)).toEqual([['a', 'running', 6, 7]])
    expect(await givenBack(client)).toEqual([5])
  }))

test('while a run holds the CPU of a worker that is lost, the others are not to blame', () =>
  inTransaction(db, async (client) => {
    const worker = await begin(client, ['a', 'b'])
    await client.query(
      `select almanac_private.heartbeat($1, busy => jsonb_build_object('seconds', 7, 'runId', id::text, 'at', 'crunch (report.ts:3)'))
       from almanac.runs where schedule_name = 'a'`,
      [worker],
    )
    await lose(client)
    await client.query(`update almanac_private.settings set value = '2' where key = 'max_lost_attempts'`)
    await beginAgain(client)
    await lose(client)

    expect(await runs(client)).toEqual([
      ['a', 'failed', 2, 3],
      ['b', 'retrying', 2, 4],
    ])
    expect(await givenBack(client)).toEqual([1, 2])
  }))

test('a heartbeat says since when a run holds the CPU, and the next one without takes it back', () =>
  inTransaction(db, async (client) => {
    const worker = await begin(client, ['a'])
    const busy = () =>
      value(
        client,
        `select jsonb_build_array(extract(epoch from last_heartbeat_at - busy_since)::int, culprit_run_id is not null, culprit_at) as value
         from almanac.workers where id = $1`,
        [worker],
      )
    const beat = (what: string) =>
      client.query(`select almanac_private.heartbeat($1, busy => ${what})`, [worker])

    await beat(
      `(select jsonb_build_object('seconds', 7, 'runId', id::text, 'at', 'crunch') from almanac.runs)`,
    )
    expect(await busy()).toEqual([7, true, 'crunch'])

    await beat('null')
    expect(await busy()).toEqual([null, false, null])
  }))

test('a worker whose own heartbeats stopped takes no one for lost', () =>
  inTransaction(db, async (client) => {
    await begin(client, ['a'])
    const other = await beginAgain(client)
    await client.query(`update almanac.workers set last_heartbeat_at = now() - interval '1 minute'`)
    const beat = () => value(client, `select reaped as value from almanac_private.heartbeat($1)`, [other])

    expect(await beat()).toBe(0)
    expect(await beat()).toBe(1)
  }))

test('a running run whose job is gone ends, unless its worker says that it has it', () =>
  inTransaction(db, async (client) => {
    const worker = await begin(client, ['a', 'b'])
    await client.query(`update almanac.runs set attempt_started_at = now() - interval '1 minute'`)
    await client.query(
      `select almanac_private.heartbeat($1, run_ids => array(select id from almanac.runs where schedule_name = 'b'))`,
      [worker],
    )
    await client.query(`select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))`)

    const { rows } = await client.query(`select repair, schedule_name from almanac.reconcile()`)

    expect(rows).toEqual([{ repair: 'ended', schedule_name: 'a' }])
    expect(await runs(client)).toEqual([
      ['a', 'retrying', 1, 3],
      ['b', 'running', 1, 2],
    ])
  }))

test('jobs of failed attempts that a worker left behind are removed', () =>
  inTransaction(db, async (client) => {
    const worker = await begin(client, ['a'], { max_attempts: 1 })
    await client.query(
      `select almanac_private.finish_runs($1, jsonb_build_array(jsonb_build_object('runId', id, 'scheduledFor', scheduled_for,
         'status', 'failed', 'error', 'no'))) from almanac.runs`,
      [worker],
    )
    await client.query(
      `select graphile_worker.permanently_fail_jobs(array(select id from graphile_worker.jobs))`,
    )

    expect((await client.query(`select from almanac.reconcile()`)).rowCount).toBe(0)

    expect(await value(client, `select count(*)::int as value from graphile_worker.jobs`)).toBe(0)
  }))

describe('a run with max_attempts 1', () => {
  const begin1 = (client: ClientBase) => begin(client, ['a'], { max_attempts: 1 })
  const finish = (client: ClientBase, detail: object) =>
    client.query(
      `select almanac_private.finish_runs(worker_id, jsonb_build_array(jsonb_build_object('runId', id, 'scheduledFor', scheduled_for,
         'status', 'failed', 'error', 'It ended.') || $1)) from almanac.runs`,
      [detail],
    )
  const endings: [string, (client: ClientBase, worker: string) => Promise<unknown>][] = [
    ['its worker is lost', lose],
    ['its worker hands it back', (client) => finish(client, { isReturned: true })],
    [
      "its worker's pool fails",
      (client, worker) => client.query(`select almanac_private.mark_worker_lost($1)`, [worker]),
    ],
    [
      'another run ends its worker',
      (client, worker) =>
        client.query(`select almanac_private.mark_worker_lost($1, 'exit', -1, true)`, [worker]),
    ],
    [
      'its job is gone',
      async (client) => {
        await client.query(`update almanac.runs set attempt_started_at = now() - interval '1 minute'`)
        await client.query(`select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))`)
        await client.query(`select from almanac.reconcile()`)
      },
    ],
  ]

  it.each(endings)('is not tried again when %s, and says so', (_, end) =>
    inTransaction(db, async (client) => {
      const worker = await begin1(client)

      await end(client, worker)

      expect(await runs(client)).toEqual([['a', 'failed', 1, 1]])
      expect(await givenBack(client)).toEqual([0])
      expect(await value(client, `select error as value from almanac.runs`)).toContain(
        '\nmax_attempts is 1, so it is not tried again: the task may have done its work.',
      )
      expect(await value(client, `select status as value from almanac.run_attempts`)).toBe('failed')
      expect((await client.query('select from almanac.check_ledger()')).rowCount).toBe(0)
    }),
  )

  it('that has not begun goes to another worker', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `insert into almanac.schedules (name, kind, task_identifier, max_attempts) values ('a', 'manual', 'almanac:noop', 1)`,
      )
      await client.query(`select almanac.trigger_now('a')`)
      const { rows } = await client.query<{ id: string }>(
        `select almanac_private.register_worker('w', 'w', 1, '0', 1) as id`,
      )
      await client.query(`select almanac_private.heartbeat($1, array['p'])`, [rows[0]!.id])
      await client.query(`update graphile_worker._private_jobs set locked_by = 'p', locked_at = now()`)

      await lose(client)

      expect(await runs(client)).toEqual([['a', 'queued', 0, 1]])
      const jobs = await client.query(
        `select from graphile_worker.jobs where key like 'run:%' and locked_by is null`,
      )
      expect(jobs.rowCount).toBe(1)
    }))
})
