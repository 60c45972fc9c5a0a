import { afterEach, expect, test } from 'vitest'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()
afterEach(() => armJobsAfter(2_000))

async function armJobsAfter(milliseconds: number): Promise<void> {
  await workers.query(
    `update almanac_private.settings set value = to_jsonb($1::int) where key = 'arm_delay_ms'`,
    [milliseconds],
  )
}

async function databaseTime(offset: string): Promise<string> {
  const [row] = await workers.query<{ at: string }>(`select (clock_timestamp() + $1::interval)::text as at`, [
    offset,
  ])
  return row?.at ?? ''
}

test('the ticker fires a schedule inserted while it sleeps, before its job would', async () => {
  await armJobsAfter(3_600_000)
  await workers.start()
  await until('a worker leads', async () => {
    const leases = await workers.query(
      'select from almanac_private.leases where expires_at > clock_timestamp()',
    )
    return leases.length > 0
  })

  await workers.insert({
    name: 'soon',
    kind: 'once',
    run_at: await databaseTime('400 ms'),
    task_identifier: 'almanac:noop',
  })

  await workers.run('soon', 'succeeded')
})

test('without a ticker the keyed jobs fire schedules, again and again', async () => {
  await workers.start({ ticker: false })

  await workers.insert({
    name: 'chain',
    kind: 'interval',
    every: '1 second',
    task_identifier: 'almanac:noop',
  })

  await until('three runs', async () => {
    const runs = await workers.query(
      `select from almanac.runs where schedule_name = 'chain' and status = 'succeeded'`,
    )
    return runs.length >= 3
  })
})

test('a schedule that someone holds locked when its job wakes it keeps its chain', async () => {
  await armJobsAfter(0)
  await workers.insert({ name: 'held', kind: 'interval', every: '1 hour', task_identifier: 'almanac:noop' })
  const holder = await workers.database.connect()
  await holder.query('begin')
  await holder.query(`select from almanac.schedules where name = 'held' for update`)
  const [job] = await workers.query<{ key: string }>(
    `select key from graphile_worker.jobs where key like 'schedule:%'`,
  )
  await workers.query(
    `select graphile_worker.add_job('almanac:wake', payload => json_build_object('scheduleId', substr($1, 10)), job_key => $1)`,
    [job?.key],
  )

  await workers.start({ ticker: false })
  await until('its job is being done', async () => {
    return (
      (
        await workers.query(`select from graphile_worker.jobs where key = $1 and locked_by is not null`, [
          job?.key,
        ])
      ).length > 0
    )
  })
  await holder.query('commit')

  await until('it is armed for later', async () => {
    const jobs = await workers.query(
      `select from graphile_worker.jobs where key = $1 and locked_by is null and run_at > clock_timestamp() + interval '30 minutes'`,
      [job?.key],
    )
    return jobs.length === 1
  })
})

test('three workers run each occurrence of many schedules exactly once', async () => {
  const start = await databaseTime('1 second')
  await workers.query(
    `insert into almanac.schedules (name, kind, every, starts_at, ends_at, task_identifier, overlap_policy)
     select 'many ' || i, 'interval', '1 second', $1, $1::timestamptz + interval '3 seconds', 'almanac:noop', 'allow'
     from generate_series(1, 50) i`,
    [start],
  )

  await Promise.all([workers.start(), workers.start(), workers.start()])

  await until('all runs have succeeded', async () => {
    const [row] = await workers.query<{ done: number }>(
      `select count(*)::int as done from almanac.runs where schedule_name like 'many %' and status = 'succeeded'`,
    )
    return row?.done === 150
  })
  const outcomes = await workers.query(
    `select extract(epoch from scheduled_for - $1::timestamptz)::int as second, count(*)::int as runs, count(distinct schedule_id)::int as schedules, max(attempt) as attempts
     from almanac.runs where schedule_name like 'many %' group by 1 order by 1`,
    [start],
  )
  expect(outcomes).toEqual([0, 1, 2].map((second) => ({ second, runs: 50, schedules: 50, attempts: 1 })))
})
