import { startWorker } from '../../worker/main.ts'
import type { Log } from '../../worker/log.ts'
import { untilTrue, value, withClient } from '../database.ts'
import type { Contestant, Herd } from './contestant.ts'

/** Almanac with one worker. The herd measured is the second: most schedules have run before. */
export function almanac({
  connectionString,
  concurrency,
  log,
}: {
  connectionString: string
  concurrency: number
  log: Log
}): Contestant {
  return {
    name: 'Almanac',
    herd: (count) =>
      withClient(connectionString, async (client) => {
        const [lead, pause] = [3 + count / 1_000, 8 + Math.ceil(count / 2_000)]
        const due = await value<string>(
          client,
          `select (clock_timestamp() + make_interval(secs => $1) + make_interval(secs => $2))::text`,
          [lead, pause],
        )
        await client.query(
          `insert into almanac.schedules (name, kind, every, starts_at, task_identifier)
           select 'fire ' || i, 'interval', make_interval(secs => $3), $2::timestamptz - make_interval(secs => $3), 'almanac:noop'
           from generate_series(1, $1) i`,
          [count, due, pause],
        )
        const worker = await startWorker({ connectionString, concurrency, taskDirectory: '', log })
        try {
          await untilTrue(
            client,
            `select count(*) = $1 from almanac.runs where scheduled_for = $2 and status = 'succeeded'`,
            [count, due],
            250,
          )
          const { rows } = await client.query<Herd>(
            `select (extract(epoch from min(finished_at) - $1::timestamptz) * 1000)::float8 as first,
               (extract(epoch from max(finished_at) - $1::timestamptz) * 1000)::float8 as last
             from almanac.runs where scheduled_for = $1`,
            [due],
          )
          if (!rows[0]) throw new Error('The ledger has no runs.')
          return rows[0]
        } finally {
          await worker.close()
          await client.query('delete from almanac.schedules where not is_system')
        }
      }),
    close: () => Promise.resolve(),
  }
}
