import { expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase({ each: true })

const START = '2100-01-01T00:00:00Z'

it('an edit first settles what the old rule owed', async () => {
  await db.query(
    `insert into almanac.schedules (name, kind, every, task_identifier) values ('old', 'interval', '1 second', 'almanac:noop')`,
  )
  const due = `select from almanac.schedules where name = 'old' and next_run_at <= clock_timestamp()`
  await expect.poll(async () => (await db.query(due)).length, { timeout: 5000 }).toBe(1)

  await db.query(`update almanac.schedules set every = '1 hour' where name = 'old'`)

  const runs = await db.query(
    `select status from almanac.runs where schedule_name = 'old' and trigger = 'schedule'`,
  )
  expect(runs[0]).toEqual({ status: 'queued' })
  expect(
    await db.query(`select next_run_at > now() as later from almanac.schedules where name = 'old'`),
  ).toEqual([{ later: true }])
})

it('a schedule that someone holds locked is left to the next call, and its wake is told so', async () => {
  await db.query(
    `insert into almanac.schedules (name, kind, every, starts_at, task_identifier) values ('held', 'interval', '1 hour', $1, 'almanac:noop')`,
    [START],
  )
  const [{ id }] = (await db.query<{ id: string }>(
    `select id from almanac.schedules where name = 'held'`,
  )) as [{ id: string }]
  const editor = await db.connect()
  await editor.query('begin')
  await editor.query(`select from almanac.schedules where id = $1 for update`, [id])

  expect(
    await db.query(`select held_ids as left from almanac_private.wake(array[$1::bigint], $2)`, [id, START]),
  ).toEqual([{ left: [id] }])
  await editor.query('rollback')
  expect(
    await db.query(`select held_ids as left from almanac_private.wake(array[$1::bigint], $2)`, [id, START]),
  ).toEqual([{ left: [] }])

  expect(await db.query(`select count(*)::int from almanac.runs where schedule_id = $1`, [id])).toEqual([
    { count: 1 },
  ])
})

it('counters of a schedule that someone holds locked are applied later', async () => {
  await db.query(`select almanac.schedule_at('counted', $1, 'almanac:noop')`, [START])
  await db.query(`select almanac_private.fire_due($1)`, [START])
  const editor = await db.connect()
  await editor.query('begin')
  await editor.query(`update almanac.schedules set description = 'held' where name = 'counted'`)
  await db.query(
    `with begun as materialized (
       select b.run_id, r.scheduled_for from almanac.runs r,
         almanac_private.begin_runs(almanac_private.register_worker('w', 'w', 1, '0', 1), array[r.id], array[r.scheduled_for]) b
     ) select from begun`,
  )
  await db.query(
    `select almanac_private.finish_runs(worker_id, jsonb_build_array(jsonb_build_object('runId', id, 'scheduledFor', scheduled_for, 'status', 'succeeded')))
     from almanac.runs`,
  )

  const counters = `select last_status from almanac.schedules where name = 'counted'`
  expect(await db.query(counters)).toEqual([{ last_status: null }])
  await editor.query('commit')
  await db.query(`select almanac_private.apply_counters()`)

  expect(await db.query(counters)).toEqual([{ last_status: 'succeeded' }])
})
