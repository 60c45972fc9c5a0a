import { Client, type ClientBase } from 'pg'
import { describe, expect, test } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

/** A worker with two slots, both of which runs of `busy` have, and one run of `late` that was queued so long ago. */
async function prepare(client: ClientBase, age: string): Promise<void> {
  await client.query(
    `select almanac_private.register_worker('w', 'w', 1, '0', 2, '{almanac:noop}'), almanac.register_task('almanac:noop')`,
  )
  await client.query(
    `insert into almanac.schedules (name, kind, task_identifier)
     values ('busy', 'manual', 'almanac:noop'), ('late', 'manual', 'almanac:noop')`,
  )
  for (const name of ['busy', 'busy', 'late']) await client.query('select almanac.trigger_now($1)', [name])
  await client.query(
    `select almanac_private.begin_runs((select max(id) from almanac.workers), array_agg(r.id), array_agg(r.scheduled_for),
       array_agg(r.id)) from almanac.runs r where r.schedule_name = 'busy'`,
  )
  await client.query(
    `update almanac.workers w set run_ids = array(select r.id from almanac.runs r where r.schedule_name = 'busy')`,
  )
  await client.query(
    `update almanac.runs set queued_at = now() - $1::interval where schedule_name = 'late'`,
    [age],
  )
}
/** The worker has a free slot, and began its run so long ago. */
const freeSlot = async (client: ClientBase, age: string) => {
  await client.query(`update almanac.workers set run_ids = run_ids[:1]`)
  await client.query(
    `update almanac.runs set started_at = now() - $1::interval where schedule_name = 'busy'`,
    [age],
  )
}
const notBegun = async (client: ClientBase) =>
  (
    await client.query<{ found: object | null }>(
      'select almanac_private.runs_not_begun(clock_timestamp()) as found',
    )
  ).rows[0]!.found

test('a run that has been queued for long is told with who holds the slots, to viewers too', () =>
  inTransaction(db, async (client) => {
    await prepare(client, '31 seconds')

    const [found, text] = await asRole(client, 'almanac_viewer', async () => [
      await notBegun(client),
      (
        await client.query<{ text: string }>(
          `select almanac.why('late', r.scheduled_for) as text from almanac.runs r where r.schedule_name = 'late'`,
        )
      ).rows[0]!.text,
    ])

    expect(found).toMatchObject({
      isFault: false,
      count: 1,
      name: 'late',
      slots: 2,
      holders: [{ role: 'almanac_test_owner', task: 'almanac:noop', count: 2 }],
    })
    expect(text).toContain(
      'it is queued. 2 of 2 slots of the workers are taken: 2 by almanac:noop of almanac_test_owner.',
    )
  }))

describe('a run that was put back as its role has no slot is told with that', () => {
  /** Its worker has no room for it. */
  const putBack = (client: ClientBase) =>
    client.query(
      `select almanac_private.begin_runs((select max(id) from almanac.workers), array[r.id], array[r.scheduled_for], array[j.id],
         room => jsonb_build_object('spacing', 10, 'slots', w.room, 'statements', w.room))
       from almanac.runs r join graphile_worker.jobs j on j.key = 'run:' || r.id
       cross join (values (jsonb_build_object('roles', jsonb_build_object(current_user, 0), 'others', 0, 'total', 10,
         'retryIn', jsonb_build_object(current_user, 60000)))) w(room)
       where r.schedule_name = 'late'`,
    )

  test.each(['almanac_viewer', 'almanac_operator', 'almanac_admin'])('to another: %s', (role) =>
    inTransaction(db, async (client) => {
      await prepare(client, '31 seconds')
      await putBack(client)

      const [found, text] = await asRole(client, role, async () => [
        await notBegun(client),
        (
          await client.query<{ text: string }>(
            `select almanac.why('late', r.scheduled_for) as text from almanac.runs r where r.schedule_name = 'late'`,
          )
        ).rows[0]!.text,
      ])

      expect(found).toMatchObject({ isFault: false, count: 1, name: 'late' })
      expect(text).toContain(
        'it is queued. It waits for a free slot: its role, almanac_test_owner, has as many as one may have while others need some.',
      )
    }),
  )

  test('another role holds all the slots, and is told in place of its own', () =>
    inTransaction(db, async (client) => {
      await prepare(client, '31 seconds')
      await client.query(
        `update almanac.runs set run_as = 'almanac_test_operator' where schedule_name = 'busy'`,
      )
      await client.query(
        `update almanac_private.live_runs l set account = r.run_as from almanac.runs r where r.id = l.run_id`,
      )
      await putBack(client)

      const { rows } = await client.query<{ because: string }>(
        `select almanac.runs_blocked_because(r) as because from almanac.runs r where r.schedule_name = 'late'`,
      )

      expect(rows).toEqual([
        {
          because:
            'It waits for a free slot: others use all of them (2 by almanac:noop of almanac_test_operator).',
        },
      ])
    }))

  test('not to a login without rights', () =>
    inTransaction(db, async (client) => {
      await prepare(client, '31 seconds')
      await putBack(client)

      const asking = asRole(client, 'almanac_test_plain', () => notBegun(client))

      await expect(asking).rejects.toMatchObject({ code: '42501' })
    }))

  test('a free slot of the worker makes it no fault before 5 minutes', () =>
    inTransaction(db, async (client) => {
      await prepare(client, '31 seconds')
      await putBack(client)
      await freeSlot(client, '40 seconds')

      expect(await notBegun(client)).toMatchObject({ isFault: false })
    }))
})

test('while all slots are taken, it is a fault once it has been queued for 5 minutes', () =>
  inTransaction(db, async (client) => {
    await prepare(client, '301 seconds')

    expect(await notBegun(client)).toMatchObject({ isFault: true })
  }))

test('while the worker has a free slot and begins nothing, it is a fault', () =>
  inTransaction(db, async (client) => {
    await prepare(client, '31 seconds')
    await freeSlot(client, '40 seconds')

    expect(await notBegun(client)).toMatchObject({ isFault: true })
  }))

test('a slot that is free between one run and the next is not a free one', () =>
  inTransaction(db, async (client) => {
    await prepare(client, '31 seconds')
    await freeSlot(client, '10 seconds')

    expect(await notBegun(client)).toMatchObject({ isFault: false })
  }))

test('a free slot of a worker that does not have the task does not count', () =>
  inTransaction(db, async (client) => {
    await prepare(client, '31 seconds')
    await client.query(`select almanac_private.register_worker('v', 'v', 2, '0', 2, '{}'),
      almanac.register_task('own')`)
    await client.query(`update almanac.workers set tasks = '{own}' where name = 'w'`)
    await client.query(`set local almanac.engine = on`)
    await client.query(`update almanac.runs set task_identifier = 'own' where schedule_name = 'late'`)

    expect(await notBegun(client)).toMatchObject({ count: 1, isFault: false })
  }))

test('one that was queued a moment ago is not', () =>
  inTransaction(db, async (client) => {
    await prepare(client, '20 seconds')

    expect(await notBegun(client)).toBeNull()
  }))

test('one that is caught up later is not, but is told as paced, to viewers too', () =>
  inTransaction(db, async (client) => {
    await prepare(client, '31 seconds')
    await client.query(
      `select graphile_worker.reschedule_jobs(array(
         select j.id from graphile_worker.jobs j join almanac.runs r on j.key = 'run:' || r.id where r.schedule_name = 'late'),
         run_at => now() + interval '1 minute')`,
    )
    const paced = async () =>
      (
        await client.query<{ found: { until: string } | null }>(
          `select almanac_private.runs_paced(clock_timestamp()) as found`,
        )
      ).rows[0]!.found

    expect(await notBegun(client)).toBeNull()
    expect(await asRole(client, 'almanac_viewer', paced)).toEqual({
      count: 1,
      name: 'late',
      until: expect.any(String) as string,
    })
    await client.query(`insert into almanac_private.held_runs (run_id, scheduled_for, held_since)
      select r.id, r.scheduled_for, now() from almanac.runs r where r.schedule_name = 'late'`)
    expect(await paced()).toBeNull()
  }))

test('while no worker is running, that is what is wrong', () =>
  inTransaction(db, async (client) => {
    await prepare(client, '31 seconds')
    await client.query(`update almanac.workers set last_heartbeat_at = now() - interval '1 minute'`)

    expect(await notBegun(client)).toBeNull()
  }))

test('/healthz tells how many there are and since when, and no names', () =>
  inTransaction(db, async (client) => {
    await prepare(client, '31 seconds')

    const { rows } = await client.query<{ found: Record<string, unknown> }>(
      `select almanac_private.health() -> 'notBegun' as found`,
    )

    expect(Object.keys(rows[0]!.found)).toEqual(['count', 'since', 'isFault'])
  }))

test('whether a worker has a task is asked once for each task, not for each run', async () => {
  const admin = new Client({ connectionString: db.adminConnectionString })
  await admin.connect()
  try {
    await admin.query(`begin; set local track_functions = 'all'`)
    await prepare(admin, '31 seconds')
    await admin.query(`select almanac.register_task('task_' || i) from generate_series(1, 10) i`)
    await admin.query(`select almanac.trigger_now('late') from generate_series(1, 200)`)
    await admin.query(
      `update almanac.runs set queued_at = now() - interval '31 seconds' where status = 'queued'`,
    )
    const calls = async () =>
      (
        await admin.query<{ calls: number }>(
          `select coalesce(pg_stat_get_xact_function_calls('almanac_private.task_is_available'::regproc), 0)::int as calls`,
        )
      ).rows[0]!.calls
    const before = await calls()

    expect(await notBegun(admin)).toMatchObject({ count: 201 })
    const { tasks } = (
      await admin.query<{ tasks: number }>('select count(*)::int as tasks from almanac_private.known_tasks')
    ).rows[0]!
    expect((await calls()) - before).toBeLessThanOrEqual(tasks)
  } finally {
    await admin.end()
  }
})
