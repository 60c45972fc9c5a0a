import { Client } from 'pg'
import { expect, test } from 'vitest'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()

test('a worker makes do with the connections it has where PostgreSQL gives it no further one', async () => {
  const worker = await workers.start({
    concurrency: 50,
    tasks: { asks: (_payload, helpers) => helpers.query('select 1') },
  })
  await workers.insert({ name: 'many', kind: 'manual', task_identifier: 'asks', overlap_policy: 'allow' })
  await workers.query(`select almanac.trigger_now('many')`)
  await workers.run('many', 'succeeded')
  const admin = new Client({ connectionString: workers.database.adminConnectionString })
  await admin.connect()
  const limit = (count: number) =>
    admin.query(
      `do $$ begin execute format('alter database %I connection limit %s', current_database(), ${count}); end $$`,
    )

  const { rows } = await admin.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and backend_type = 'client backend'`,
  )
  await limit(rows[0]!.count)
  try {
    await admin.query(`select almanac.trigger_now('many') from generate_series(1, 60)`)
    await until(
      'all have succeeded',
      async () => {
        const done = await admin.query(
          `select from almanac.runs where schedule_name = 'many' and status = 'succeeded' and attempt = 1`,
        )
        return done.rowCount === 61
      },
      25_000,
    )
  } finally {
    await limit(-1)
    await admin.end()
  }

  expect(await workers.query('select status from almanac.workers')).toEqual([{ status: 'active' }])
  expect(worker.messages.join('\n')).not.toContain('pool ended')
})
