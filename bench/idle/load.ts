import type { Client } from 'pg'

/**
 * Inserts schedules that are not due for a month, as anyone would: with all triggers, that many a statement.
 * Half of them have a cron rule. Gives the seconds that it took.
 */
export async function loadIdle(
  client: Client,
  { count, batch, say }: { count: number; batch: number; say: (line: string) => void },
): Promise<number> {
  const begun = performance.now()
  const seconds = () => (performance.now() - begun) / 1_000
  for (let from = 0; from < count; from += batch) {
    await client.query(
      `insert into almanac.schedules (name, kind, cron_expression, every, starts_at, timezone, task_identifier)
       select 'idle ' || i, (case when i % 2 = 0 then 'cron' else 'interval' end)::almanac.schedule_kind,
         case when i % 2 = 0 then format('%s %s * * *', i % 60, i / 60 % 24) end,
         case when i % 2 = 1 then interval '1 day' end,
         date_trunc('second', now()) + interval '30 days' + make_interval(secs => i::bigint * 7919 % 86400),
         case when i % 4 = 0 then 'Europe/Paris' else 'UTC' end, 'almanac:noop'
       from generate_series($1::integer, $2::integer - 1) i`,
      [from, Math.min(count, from + batch)],
    )
    const done = Math.min(count, from + batch)
    if (done % 100_000 < batch && done >= 100_000)
      say(`${done.toLocaleString('en')} idle schedules inserted, ${Math.round(seconds())} s`)
  }
  return seconds()
}
