import type { Client } from 'pg'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { until } from '../../worker/testing/until.ts'

const db = useTestDatabase()
let person: Client
let worker: Client
beforeAll(async () => {
  person = await db.connect()
  worker = await db.connect()
  // As the engine's connections are set: one that waits for a person is told so.
  await worker.query(`set lock_timeout to '2s'`)
})

/** Two schedules, of which each has a run that is queued: that of `second` has the earlier time. */
beforeEach(async () => {
  await db.query('delete from almanac.schedules')
  await db.query('truncate almanac.runs, almanac_private.live_runs, almanac_private.held_runs')
  await db.query('delete from graphile_worker._private_jobs')
  for (const name of ['second', 'first']) {
    await db.query(
      `insert into almanac.schedules (name, kind, task_identifier) values ($1, 'manual', 'almanac:noop')`,
      [name],
    )
    await db.query('select almanac.trigger_now($1)', [name])
  }
  await db.query(`select almanac_private.register_worker('w', 'w', 1, '0', 2, '{almanac:noop}')`)
})

const isWaiting = (client: Client) =>
  until('it waits for a lock', async () => {
    const rows = await db.query(
      `select from pg_stat_activity where pid = $1 and wait_event_type = 'Lock' and state = 'active'`,
      [Reflect.get(client, 'processID')],
    )
    return rows.length === 1
  })

/** As Graphile Worker does. */
const FETCH = `update graphile_worker._private_jobs set locked_at = now(), locked_by = 'pool', attempts = attempts + 1`
const BEGIN = `
  select r.schedule_name as name, b.is_held, b.is_postponed
  from (select array_agg(r.id) as ids, array_agg(r.scheduled_for) as times, array_agg(j.id) as jobs
    from almanac.runs r join graphile_worker.jobs j on j.key = 'run:' || r.id) a
  cross join lateral almanac_private.begin_runs((select max(id) from almanac.workers), a.ids, a.times, a.jobs) b
  join almanac.runs r on r.id = b.run_id order by r.schedule_name`

test('anyone who deletes schedules one after the other, as a worker fetches and begins their runs, is never the victim of a deadlock', async () => {
  await worker.query('begin')
  await worker.query(FETCH)
  await person.query('begin')
  // It leaves the job alone that is in a worker's hand, and does not wait for it.
  await person.query(`select from almanac.unschedule('first')`)
  await worker.query('commit')

  await worker.query('begin')
  const { rows } = await worker.query(BEGIN)
  const other = person.query(`select from almanac.unschedule('second')`)
  await isWaiting(person)
  await worker.query('commit')
  await other
  await person.query('commit')

  expect(rows).toEqual([
    { name: 'first', is_held: true, is_postponed: true },
    { name: 'second', is_held: false, is_postponed: false },
  ])
  expect(await db.query('select schedule_name as name, status from almanac.runs order by 1')).toEqual([
    { name: 'first', status: 'cancelled' },
    { name: 'second', status: 'running' },
  ])
})

test('a run whose job no one holds is for later, while someone holds it', async () => {
  await db.query(FETCH)
  await person.query('begin')
  await person.query(`select from almanac.runs where schedule_name = 'first' for update`)

  const { rows } = await worker.query(BEGIN)
  await person.query('rollback')

  expect(rows).toEqual([
    { name: 'first', is_held: true, is_postponed: true },
    { name: 'second', is_held: false, is_postponed: false },
  ])
  expect(
    await db.query(
      `select j.run_at > now() as is_later from almanac.runs r join graphile_worker.jobs j on j.key = 'run:' || r.id
       where r.schedule_name = 'first'`,
    ),
  ).toEqual([{ is_later: true }])
})

test('cancelling what is queued leaves a run alone that begins in between', async () => {
  // Anyone who has locked the table against writers lets others read: they find the run, and wait to lock it.
  await worker.query('begin')
  await worker.query('lock table almanac.runs in exclusive mode')
  await worker.query(FETCH)
  await worker.query(BEGIN)
  const cancelling = person.query('select * from almanac.cancel_queued(task => $1)', ['almanac:noop'])
  await isWaiting(person)
  await worker.query('commit')

  expect((await cancelling).rows).toEqual([{ cancelled: 0, is_done: false }])
  expect(
    await db.query('select distinct status, cancel_requested_at as asked from almanac.runs order by 1'),
  ).toEqual([{ status: 'running', asked: null }])
})
