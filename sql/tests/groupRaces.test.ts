import type { Client } from 'pg'
import { expect, test } from 'vitest'
import { type TestDatabase } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { begin, due, scheduleIn, trigger, type InHand } from './inGroups.ts'

const db = useTestDatabase()

const LIMIT = 7
const RUNS = 150

/** Jobs that are due, from this one on: each worker sees others first, and some that another one takes as well. */
const DUE = `select j.id as job, r.id, r.scheduled_for::text as at from graphile_worker.jobs j join almanac.runs r on j.key = 'run:' || r.id
  where j.run_at <= clock_timestamp() and r.status in ('queued', 'retrying') order by j.priority, j.run_at, r.id offset $1 limit 30`
const RUNNING = `select count(*)::int as count from almanac.runs where status = 'running' and resource_group = 'gpu'`

async function beginDue(
  client: Client,
  worker: number,
  offset: number,
  owner: TestDatabase,
): Promise<InHand[]> {
  const found = await owner.query<InHand & { job: string }>(DUE, [offset])
  const { rows } = await client.query<{ run_id: string; lacks: string | null }>(
    'select run_id, lacks from almanac_private.begin_runs($1, $2, $3, $4)',
    [worker, found.map(({ id }) => id), found.map(({ at }) => at), found.map(({ job }) => job)],
  )
  const begun = new Set(rows.filter(({ lacks }) => lacks === null).map(({ run_id }) => run_id))
  return found.filter(({ id }) => begun.has(id))
}

/** Again while the other worker that asks for the same run has it locked, as workers do. */
async function finish(client: Client, worker: number, { id, at }: InHand): Promise<void> {
  for (let held: string[] = [id]; held.length > 0;) {
    const { rows } = await client.query<{ held: string[] }>(
      'select almanac_private.finish_runs($1, $2) as held',
      [worker, JSON.stringify([{ runId: id, scheduledFor: at, status: 'succeeded' }])],
    )
    held = rows[0]!.held
  }
}

test('three workers at once never exceed a limit, and one that is cut off within a statement loses nothing', async () => {
  const owner = await db.connect()
  await owner.query(`select almanac.set_resource_group('gpu', max_running => $1)`, [LIMIT])
  for (const [priority, name] of ['urgent', 'normal', 'background'].entries()) {
    await scheduleIn(owner, name, 'gpu', priority)
    await trigger(owner, name, RUNS / 3)
  }
  await scheduleIn(owner, 'free', null)
  await trigger(owner, 'free', 30)
  const killer = await db.connect('worker')
  const peaks: number[] = []

  async function work(worker: number): Promise<void> {
    let client = await db.connect('worker')
    for (let round = 0; ; round++) {
      if (worker === 3 && round % 5 === 1) {
        // What it has begun is not committed when its process is gone.
        client.on('error', () => undefined)
        await client.query('begin')
        await beginDue(client, worker, 0, db)
        await killer.query('select pg_terminate_backend($1)', [Reflect.get(client, 'processID')])
        await expect(client.query('commit')).rejects.toThrow()
        client = await db.connect('worker')
      }
      const begun = await beginDue(client, worker, (worker - 1) * 3, db)
      peaks.push((await db.query<{ count: number }>(RUNNING))[0]!.count)
      for (const run of begun) await finish(client, worker, run)
      if (begun.length > 0) continue
      await client.query('select almanac_private.call_waiting()')
      const left = await db.query(`select from almanac.runs where status in ('queued', 'retrying')`)
      if (left.length === 0) return
    }
  }
  await Promise.all([work(1), work(2), work(3)])

  expect(Math.max(...peaks)).toBe(LIMIT)
  expect(
    await db.query(
      `select status, count(*)::int, max(attempt) as attempts from almanac.runs group by status`,
    ),
  ).toEqual([{ status: 'succeeded', count: RUNS + 30, attempts: 1 }])
  expect(
    await db.query(
      `select (select count(*)::int from almanac_private.group_slots) as slots, (select count(*)::int from almanac_private.group_line) as line`,
    ),
  ).toEqual([{ slots: 0, line: 0 }])
})

test('of two workers that begin runs of a group at the same moment, one waits until the other has counted', async () => {
  await db.query(`select almanac.set_resource_group('few', max_running => 3)`)
  await scheduleIn(db.pool, 'few', 'few')
  const runs = await trigger(db.pool, 'few', 4)
  const first = await db.connect()
  const second = await db.connect()
  await first.query('begin')
  expect(await begin(first, runs.slice(0, 2))).toHaveLength(2)

  const asked = begin(second, runs.slice(2))
  await expect
    .poll(() =>
      db.query(`select from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'`, [
        Reflect.get(second, 'processID'),
      ]),
    )
    .toHaveLength(1)
  await first.query('commit')

  expect(await asked).toHaveLength(1)
})

test('one that ends while another is put in line behind it passes its place on', async () => {
  await db.query(`select almanac.set_resource_group('one', max_running => 1)`)
  await scheduleIn(db.pool, 'one', 'one')
  const runs = await trigger(db.pool, 'one', 2)
  const first = await db.connect()
  const second = await db.connect()
  await begin(first, runs.slice(0, 1))
  await second.query('begin')
  expect(await begin(second, runs.slice(1))).toEqual([])

  const ended = finish(first, 1, runs[0]!)
  await expect
    .poll(() =>
      db.query(`select from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'`, [
        Reflect.get(first, 'processID'),
      ]),
    )
    .toHaveLength(1)
  await second.query('commit')
  await ended

  expect(await due(db.pool)).toEqual(runs.slice(1))
})

test('workers that begin runs of two groups, of different times, do not wait for each other in a circle', async () => {
  await db.query(
    `select almanac.set_resource_group('a', max_running => 9), almanac.set_resource_group('b', max_running => 9)`,
  )
  await scheduleIn(db.pool, 'a', 'a')
  await scheduleIn(db.pool, 'b', 'b')
  const [a1, b1, b2, a2] = [
    ...(await trigger(db.pool, 'a')),
    ...(await trigger(db.pool, 'b')),
    ...(await trigger(db.pool, 'b')),
    ...(await trigger(db.pool, 'a')),
  ]
  const holder = await db.connect()
  await holder.query('begin')
  await holder.query(
    `select from almanac_private.group_turns t join almanac.resource_groups g on g.id = t.group_id where g.name = 'a' for update of t`,
  )
  const begun = [begin(await db.connect(), [a1!, b1!]), begin(await db.connect(), [b2!, a2!])]
  await expect
    .poll(() =>
      db.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      ),
    )
    .toHaveLength(2)
  await holder.query('commit')

  expect((await Promise.all(begun)).map((ids) => ids.length)).toEqual([2, 2])
})
