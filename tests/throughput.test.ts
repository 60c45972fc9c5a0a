import { tmpdir } from 'node:os'
import { afterAll, expect, test } from 'vitest'
import { useTestDatabase } from './database/useTestDatabase.ts'
import { runAlmanac, type Almanac } from './start/almanac.ts'

const SCHEDULES = 200
const SECONDS = 60

const db = useTestDatabase()
let workers: Almanac[] = []
afterAll(async () => {
  for (const worker of workers) worker.process.kill('SIGTERM')
  await Promise.all(workers.map((worker) => worker.ended))
})

test('three worker processes and 200 schedules a second for a minute: each occurrence once, each run succeeded', async () => {
  workers = [1, 2, 3].map(() =>
    runAlmanac({
      dataDir: tmpdir(),
      args: ['worker'],
      environment: { DATABASE_URL: db.connectionStringFor('worker'), ALMANAC_CONCURRENCY: '50' },
    }),
  )
  await Promise.all(workers.map((worker) => worker.printed(/Worker connected/)))
  await db.query(
    `with start as (select date_trunc('second', clock_timestamp()) + interval '2 seconds' as at)
     insert into almanac.schedules (name, kind, every, starts_at, ends_at, task_identifier, overlap_policy)
     select 'steady ' || i, 'interval', '1 second', s.at, s.at + $2 * interval '1 second', 'almanac:noop', 'allow'
     from start s, generate_series(1, $1) i`,
    [SCHEDULES, SECONDS],
  )

  const finished = `select count(*)::int as count from almanac.runs where finished_at is not null`
  await expect
    .poll(async () => (await db.query<{ count: number }>(finished))[0]!.count, {
      timeout: 110_000,
      interval: 500,
    })
    .toBe(SCHEDULES * SECONDS)

  const [outcome] = await db.query(
    `select count(*)::int as runs,
       count(*) filter (where r.status = 'succeeded' and r.attempt = 1)::int as succeeded,
       count(distinct (r.schedule_id, r.scheduled_for))::int as occurrences,
       count(*) filter (where r.scheduled_for >= s.starts_at and r.scheduled_for < s.ends_at
         and r.scheduled_for = date_trunc('second', r.scheduled_for))::int as by_the_rule
     from almanac.runs r join almanac.schedules s on s.id = r.schedule_id`,
  )
  const all = SCHEDULES * SECONDS
  expect(outcome).toEqual({ runs: all, succeeded: all, occurrences: all, by_the_rule: all })
  expect(await db.query(`select from almanac.omissions`)).toEqual([])
  expect(await db.query(`select distinct status from almanac.schedules`)).toEqual([{ status: 'completed' }])
  expect(await db.query(`select count(*)::int as left from graphile_worker.jobs`)).toEqual([{ left: 0 }])
  expect(await db.query(`select count(distinct worker_id)::int as workers from almanac.runs`)).toEqual([
    { workers: 3 },
  ])
}, 150_000)
