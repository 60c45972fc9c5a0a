import { expect, test } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

const REGISTER = `select almanac_private.register_worker('a', 'a', 1, '1', 1) as id`
const HEARTBEAT = `select alive, leader from almanac_private.heartbeat($1, '{}', true)`

test('a worker that asks again for the same job gets the same answer', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `insert into almanac.schedules (name, kind, task_identifier) values ('m', 'manual', 'almanac:noop')`,
    )
    await client.query(`select almanac.trigger_now('m')`)
    const worker = (await client.query<{ id: string }>(REGISTER)).rows[0]!.id
    const ask = async (job: number) => {
      const { rows } = await client.query<{ attempt: number }>(
        `select b.attempt from almanac.runs r, almanac_private.begin_runs($1, array[r.id], array[r.scheduled_for], array[$2::bigint]) b`,
        [worker, job],
      )
      return rows
    }

    expect(await ask(7)).toEqual([{ attempt: 1 }])
    expect(await ask(7)).toEqual([{ attempt: 1 }])
    expect(await ask(8)).toEqual([])
  }))

test('of two jobs of one run that begin together, one has it', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `insert into almanac.schedules (name, kind, task_identifier) values ('m', 'manual', 'almanac:noop')`,
    )
    await client.query(`select almanac.trigger_now('m')`)
    const worker = (await client.query<{ id: string }>(REGISTER)).rows[0]!.id

    const { rows } = await client.query(
      `select b.job_id::int from almanac.runs r,
         almanac_private.begin_runs($1, array[r.id, r.id], array[r.scheduled_for, r.scheduled_for], array[7, 8]) b`,
      [worker],
    )

    expect(rows).toEqual([{ job_id: 8 }])
  }))

test("a host's own keys do not trouble the reaper", async () => {
  const [worker] = await db.query<{ id: string }>(REGISTER)
  await db.query(`select almanac_private.heartbeat($1, array['pool-x'])`, [worker!.id])
  await db.query(`select graphile_worker.add_job('x', job_key => 'run:abc')`)
  await db.query(`update graphile_worker._private_jobs set locked_by = 'pool-x', locked_at = now()`)
  await db.query(`update almanac.workers set last_heartbeat_at = now() - interval '1 minute'`)

  expect(await db.query(`select almanac_private.reap_workers() as lost`)).toEqual([{ lost: 1 }])
  expect(await db.query(`select key, locked_by from graphile_worker.jobs`)).toEqual([
    { key: 'run:abc', locked_by: null },
  ])
})

test('a draining worker gives up its lead at once, and takes none', () =>
  inTransaction(db, async (client) => {
    const beat = async (id: string) =>
      (await client.query<{ alive: boolean; leader: boolean }>(HEARTBEAT, [id])).rows[0]
    const [one, other] = [
      (await client.query<{ id: string }>(REGISTER)).rows[0]!.id,
      (await client.query<{ id: string }>(REGISTER)).rows[0]!.id,
    ]
    expect(await beat(one)).toEqual({ alive: true, leader: true })
    expect(await beat(other)).toEqual({ alive: true, leader: false })

    await client.query(`select almanac_private.drain_worker($1)`, [one])

    expect(await beat(one)).toEqual({ alive: true, leader: false })
    expect(await beat(other)).toEqual({ alive: true, leader: true })
    await client.query(`select almanac_private.stop_worker($1), almanac_private.drain_worker($1)`, [one])
    const { rows } = await client.query(`select status from almanac.workers where id = $1`, [one])
    expect(rows).toEqual([{ status: 'stopped' }])
  }))

test.each(['stop_worker', 'drain_worker', 'mark_worker_lost'])(
  'while a heartbeat is under way, %s waits for it',
  async (end) => {
    const [worker] = await db.query<{ id: string }>(REGISTER)
    await db.query(HEARTBEAT, [worker!.id])
    const [beating, ending] = [await db.connect(), await db.connect()]
    await beating.query('begin')
    await beating.query('select from almanac.workers where id = $1 for no key update', [worker!.id])

    const ended = ending.query(`select almanac_private.${end}($1)`, [worker!.id])
    await expect
      .poll(() =>
        db.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like $1`,
          [`%${end}%`],
        ),
      )
      .toHaveLength(1)
    const { rows } = await beating.query(HEARTBEAT, [worker!.id])
    await beating.query('commit')
    await ended

    expect(rows).toEqual([{ alive: true, leader: true }])
    expect(await db.query('select from almanac_private.leases')).toEqual([])
    await db.query('delete from almanac.workers')
  },
)

test('a worker that gives itself up loses what it holds at once, whatever its heartbeat', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `insert into almanac.schedules (name, kind, task_identifier) values ('m', 'manual', 'almanac:noop')`,
    )
    await client.query(`select almanac.trigger_now('m')`)
    const worker = (await client.query<{ id: string }>(REGISTER)).rows[0]!.id
    await client.query(`select almanac_private.heartbeat($1, array['pool-y'], true)`, [worker])
    await client.query(
      `update graphile_worker._private_jobs set locked_by = 'pool-y', locked_at = now(), attempts = 1 where key ~ '^run:[0-9]'`,
    )

    await client.query(`select almanac_private.mark_worker_lost($1)`, [worker])

    const { rows } = await client.query(
      `select w.status, j.locked_by, j.attempts, exists (select from almanac_private.leases) as leads
       from almanac.workers w, graphile_worker.jobs j where w.id = $1 and j.key ~ '^run:[0-9]'`,
      [worker],
    )
    expect(rows).toEqual([{ status: 'lost', locked_by: null, attempts: 0, leads: false }])
  }))
