import { Client, type ClientBase } from 'pg'
import { expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

const advice = async (client: ClientBase, call = 'almanac.advice()') =>
  (
    await client.query<{ line: string }>(
      `select schedule_name || ' ' || finding || ': ' || message as line from ${call}`,
    )
  ).rows.map(({ line }) => line)

it('says nothing where nothing is wrong', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_cron('x', '@daily', 'almanac:noop')`)

    expect(await advice(client)).toEqual([])
  }))

it('finds what no longer fits, what no task is there for, what never runs and what outlasts its slot, for every role', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.register_task('changed'), almanac.register_task('off'), almanac.register_task('gone')`,
    )
    await client.query(`select almanac.register_task('lacking'), almanac.register_task('had')`)
    await client.query(`select almanac_private.register_worker('w', 'h', 1, '1', 1)`)
    await client.query(`update almanac.workers set tasks = '{changed,off,gone,had}'`)
    await client.query(`
      select almanac.schedule_cron('misfits', '@daily', 'changed', '{"team": 5}'),
        almanac.schedule_cron('fits', '@daily', 'changed', '{"team": "sales"}'),
        almanac.schedule_cron('is off', '@daily', 'off'),
        almanac.schedule_cron('is gone', '@daily', 'gone'),
        almanac.schedule_cron('is lacking', '@daily', 'lacking'),
        almanac.schedule_cron('never', '0 0 30 2 *', 'had'),
        almanac.schedule_every('outlasts', '1 minute', 'had'),
        almanac.schedule_every('overlaps', '1 minute', 'had', settings => '{"overlap_policy": "allow"}'),
        almanac.schedule_every('is quick', '1 hour', 'had')`)
    await client.query(
      `select almanac.register_task('changed', payload_schema => '{"properties": {"team": {"type": "string"}}}')`,
    )
    await client.query(`select almanac.disable_task('off', 'it sends twice')`)
    await client.query(`delete from almanac_private.known_tasks where identifier = 'gone'`)
    await client.query(
      `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, max_attempts, priority,
         run_as, attempt, started_at, finished_at)
       select s.id, s.name, s.task_identifier, '{}', t, t, 'schedule', 'succeeded', 1, 1, s.run_as, 1, t, t + interval '90 seconds'
       from almanac.schedules s, generate_series(now() - interval '10 minutes', now() - interval '2 minutes', interval '2 minutes') t
       where s.name in ('outlasts', 'overlaps', 'is quick')`,
    )

    for (const role of ['almanac_viewer', 'almanac_operator', 'almanac_admin'])
      expect(await asRole(client, role, () => advice(client))).toEqual([
        expect.stringMatching(/^misfits misfit: .*\/team/s),
        'is gone unknown task: Its task gone is unknown.',
        'is lacking no worker: No running worker has the task lacking.',
        expect.stringMatching(
          /^is off blocked: Its task off has been switched off since .*: it sends twice$/,
        ),
        'never never runs: No date ever matches its rule, 0 0 30 2 *.',
        'outlasts outlasts its slot: Its runs take up to 1 minute 30 seconds (19 of 20), and another can be due after 1 minute. What is due while a run is running is skipped.',
      ])
    expect(await advice(client, 'almanac.advice(2)')).toHaveLength(2)
    expect(
      (await client.query(`select remedy from almanac.advice() where finding = 'blocked'`)).rows,
    ).toEqual([{ remedy: `Give it another task, or ask an admin to run: select almanac.enable_task('off')` }])
  }))

it('finds of a schedule what its warnings say, by the same thresholds', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.register_task('gone')`)
    await client.query(`select almanac_private.register_worker('w', 'h', 1, '1', 1)`)
    await client.query(`update almanac.workers set tasks = '{almanac:noop}'`)
    // Its usual run fits; one in ten does not, nor does any between the nearest two of its times.
    await client.query(`
      select almanac.schedule_cron('seldom long', '0 9,10 * * *', 'almanac:noop'),
        almanac.schedule_cron('gone', '@daily', 'gone'), almanac.schedule_cron('never', '0 0 30 2 *', 'almanac:noop')`)
    await client.query(
      `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, max_attempts, priority,
         run_as, attempt, started_at, finished_at)
       select s.id, s.name, s.task_identifier, '{}', t, t, 'schedule', 'succeeded', 1, 1, s.run_as, 1, t,
         t + case when n <= 2 then interval '2 hours' else interval '1 minute' end
       from almanac.schedules s, generate_series(1, 20) n, lateral (select now() - n * interval '1 day' as t) t
       where s.name = 'seldom long'`,
    )

    const { rows: warnings } = await client.query<{ line: string }>(
      `select s.name || ' ' || w.warning as line from almanac.schedule_warnings() w
       join almanac.schedules s on s.id = w.schedule_id order by 1`,
    )
    const found = (await advice(client)).map((line) => line.split(':')[0]).sort()
    expect(found).toEqual(warnings.map(({ line }) => line))
    expect(found).toEqual(['gone no worker', 'never never runs', 'seldom long outlasts its slot'])
  }))

it('of schedules that are deleted or disabled says nothing', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.register_task('off')`)
    await client.query(
      `select almanac.schedule_cron('x', '@daily', 'off'), almanac.schedule_cron('y', '@daily', 'off')`,
    )
    await client.query(`select almanac.disable_task('off'), almanac.unschedule('x')`)
    await client.query(`update almanac.schedules set status = 'disabled' where name = 'y'`)

    expect(await advice(client)).toEqual([])
  }))

it('checks large payloads by a changed schema no longer than it may, and small ones first', async () => {
  const admin = new Client({ connectionString: db.adminConnectionString })
  await admin.connect()
  try {
    await admin.query(`begin; set local track_functions = 'pl'`)
    await admin.query(`select almanac.register_task('changed')`)
    await admin.query(
      `select almanac.schedule_cron('large ' || i, '@daily', 'changed', jsonb_build_object('team', 5, 'text', repeat('x', 200000)))
       from generate_series(1, 20) i`,
    )
    await admin.query(`select almanac.schedule_cron('small', '@daily', 'changed', '{"team": 5}')`)
    await admin.query(
      `select almanac.register_task('changed', payload_schema => '{"properties": {"team": {"type": "string"}}}')`,
    )

    const found = (await advice(admin)).map((line) => line.replace(/ misfit: .*/s, ''))

    expect(found).toEqual(['large 1', 'large 2', 'large 3', 'large 4', 'small'])
    const { rows } = await admin.query<{ calls: string }>(
      `select pg_stat_get_xact_function_calls('almanac_private.payload_problem'::regproc) as calls`,
    )
    expect(rows).toEqual([{ calls: '5' }])
  } finally {
    await admin.end()
  }
})
