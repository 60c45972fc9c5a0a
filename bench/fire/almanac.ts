import { startWorker } from '../../worker/main.ts'
import type { Log } from '../../process/log.ts'
import { untilTrue, value, withClient } from '../database.ts'
import type { Contestant, Herd } from './contestant.ts'

/** Whether all were fired and no run is unfinished; the last to be queued are looked at first, as they end last. */
const IS_OVER = `
  select not exists (select from almanac.schedules where next_run_at <= $1)
    and coalesce((select false from almanac.runs where scheduled_for = $1 and finished_at is null order by scheduled_for desc, id desc limit 1), true)`

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
        const [lead, pause] = [3 + count / 1_000, 8 + Math.ceil(count / 1_000)]
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
          await untilTrue(client, IS_OVER, [due], 250)
          const { rows } = await client.query<Herd & { runs: number }>(
            `select count(*) filter (where status = 'succeeded')::int as runs,
               (extract(epoch from min(finished_at) - $1::timestamptz) * 1000)::float8 as first,
               (extract(epoch from max(finished_at) - $1::timestamptz) * 1000)::float8 as last
             from almanac.runs where scheduled_for = $1`,
            [due],
          )
          const [herd] = rows
          if (herd?.runs !== count)
            throw new Error(
              `${herd?.runs} of ${count} runs were done: the machine could not keep up with a herd every ${pause} s.`,
            )
          return { first: herd.first, last: herd.last }
        } finally {
          await worker.close()
          await client.query('delete from almanac.schedules where not is_system')
        }
      }),
    close: () => Promise.resolve(),
  }
}
