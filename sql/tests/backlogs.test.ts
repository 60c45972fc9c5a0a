import type { ClientBase } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  createTestDatabase,
  inTransaction,
  type TestDatabase,
} from '../../tests/database/createTestDatabase.ts'
import { START } from './everyMinute.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())

/** Schedules of a role that are due at once. */
const insert = (client: ClientBase, role: string, name: string, count: number, settings = '{}') =>
  client.query(`set local role ${role};
    select almanac.schedule_at('${name} ' || i, '${START}', 'almanac:noop', settings => '${settings}')
    from generate_series(1, ${count}) i;
    reset role`)
const fire = async (client: ClientBase) => {
  const { rows } = await client.query<{ moved: number }>(
    `select moved from almanac_private.fire_due('${START}', 150)`,
  )
  if (rows[0]!.moved > 0) await fire(client)
}
/** The names of the schedules in the order in which their runs' jobs are taken. */
const order = async (client: ClientBase) =>
  (
    await client.query<{ name: string }>(
      `select r.schedule_name as name from graphile_worker.jobs j join almanac.runs r on j.key = 'run:' || r.id
       order by j.priority, j.run_at, j.id`,
    )
  ).rows.map(({ name }) => name)
/** Ends the runs that are taken next. */
const end = async (client: ClientBase, count: number) => {
  await client.query(`with next as (
      select r.id, r.scheduled_for, j.id as job_id from graphile_worker.jobs j join almanac.runs r on j.key = 'run:' || r.id
      order by j.priority, j.run_at, j.id limit ${count}
    ), worker as (select almanac_private.register_worker('w', 'w', 1, '0', 1) as id)
    select almanac_private.begin_runs(w.id, array_agg(n.id), array_agg(n.scheduled_for)) from worker w, next n group by w.id`)
  await client.query(`select almanac_private.finish_runs(max(r.worker_id), jsonb_agg(jsonb_build_object('runId', r.id::text,
      'scheduledFor', r.scheduled_for, 'status', 'succeeded'))),
    graphile_worker.complete_jobs(array_agg(j.id))
    from almanac.runs r join graphile_worker.jobs j on j.key = 'run:' || r.id where r.status = 'running'`)
}

test('the run of another role waits behind a hundred of a backlog, however long that is', () =>
  inTransaction(db, async (client) => {
    await insert(client, 'almanac_admin', 'many', 400)
    await fire(client)
    await insert(client, 'almanac_operator', 'other', 1)
    await fire(client)

    const names = await order(client)

    expect(names).toHaveLength(401)
    expect(names.indexOf('other 1')).toBe(100)
  }))

test('of one role, they keep their order until the backlog has ended, and an urgent one is first', () =>
  inTransaction(db, async (client) => {
    await insert(client, 'almanac_admin', 'many', 150)
    await fire(client)
    await end(client, 120)
    await insert(client, 'almanac_admin', 'later', 1)
    await fire(client)
    await insert(client, 'almanac_admin', 'urgent', 1, '{"priority": 0}')
    await fire(client)

    const names = await order(client)
    expect(names).toHaveLength(32)
    expect([names[0], names.at(-1)]).toEqual(['urgent 1', 'later 1'])

    await end(client, 32)
    await insert(client, 'almanac_admin', 'many more', 1)
    await fire(client)
    const { rows } = await client.query('select is_behind from almanac_private.live_runs')
    expect(rows).toEqual([{ is_behind: false }])
  }))

test('runs that someone triggers are behind others as well', () =>
  inTransaction(db, async (client) => {
    await client.query(`set local role almanac_admin;
      insert into almanac.schedules (name, kind, task_identifier) values ('manual', 'manual', 'almanac:noop');
      select almanac.trigger_now('manual') from generate_series(1, 105);
      reset role`)
    await insert(client, 'almanac_operator', 'other', 1)
    await fire(client)

    expect((await order(client)).indexOf('other 1')).toBe(100)
  }))

test('users of the web client, who run as the same role, wait behind a hundred of one another’s', () =>
  inTransaction(db, async (client) => {
    const { rows: users } = await client.query<{ id: string }>(
      `insert into almanac.users (username, role) values ('ann', 'operator'), ('bob', 'operator') returning id`,
    )
    const own = (index: number, name: string) =>
      client.query('update almanac.schedules set owner_user = $1 where name like $2', [
        users[index]!.id,
        name,
      ])
    await insert(client, 'almanac_operator', 'many', 300)
    await own(0, 'many %')
    await fire(client)
    await insert(client, 'almanac_operator', 'other', 1)
    await own(1, 'other %')
    await fire(client)

    expect((await order(client)).indexOf('other 1')).toBe(100)
  }))
