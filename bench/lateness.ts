import { setTimeout as delay } from 'node:timers/promises'
import { startWorker } from '../worker/main.ts'
import { withClient } from './database.ts'
import type { Bench, BenchContext } from './main.ts'

/** How late runs begin that are due steadily. */
export const lateness: Bench = {
  name: 'lateness',
  title: 'Begin − due in ms, for schedules that are due once a second each',
  defaults: { rate: 200, seconds: 15, concurrency: 200 },
  async run(context) {
    return [
      { due: 'spread over the second', ...(await measure(context, 1)) },
      { due: 'all at one instant', ...(await measure(context, 0)) },
    ]
  },
}

const WARM_UP = 2

async function measure({ connectionString, settings, log }: BenchContext, spread: number) {
  const { rate = 0, seconds = 0, concurrency = 0 } = settings
  const worker = await startWorker({ connectionString, concurrency, taskDirectory: '', log })
  try {
    return await withClient(connectionString, async (client) => {
      const { rows: starts } = await client.query<{ start: string }>(
        `select date_trunc('second', clock_timestamp() + interval '3 seconds')::text as start`,
      )
      const window = [starts[0]?.start, WARM_UP, WARM_UP + seconds]
      await client.query(
        `insert into almanac.schedules (name, kind, every, starts_at, task_identifier, overlap_policy)
         select 'lateness ' || i, 'interval', '1 second', $2::timestamptz + i * $3::float8 / $1 * interval '1 second', 'almanac:noop', 'allow'
         from generate_series(0, $1 - 1) i`,
        [rate, starts[0]?.start, spread],
      )
      await delay((3 + WARM_UP + seconds + 1) * 1_000)
      const { rows } = await client.query<Record<string, number>>(
        `select count(*)::int as runs, ${percentile(0.5)} as p50, ${percentile(0.95)} as p95, ${percentile(0.99)} as p99,
           ${percentile(1)} as max
         from almanac.runs
         where started_at is not null and schedule_name like 'lateness %'
           and due_at >= $1::timestamptz + make_interval(secs => $2) and due_at < $1::timestamptz + make_interval(secs => $3)`,
        window,
      )
      await client.query('delete from almanac.schedules where not is_system')
      return { expected: rate * seconds, ...rows[0] }
    })
  } finally {
    await worker.close()
  }
}

function percentile(fraction: number): string {
  const late = 'extract(epoch from started_at - due_at) * 1000'
  return `round((percentile_cont(${fraction}) within group (order by ${late}))::numeric, 1)::float8`
}
