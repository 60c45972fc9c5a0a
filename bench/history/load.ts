import type { Client } from 'pg'

/** Weeks that the history goes back: as far as retention keeps by default. */
export const WEEKS = 13

export interface History {
  readonly schedules: number
  readonly runs: number
  readonly say: (line: string) => void
}

/**
 * Fills a migrated database with runs that have ended, evenly over the weeks and the schedules. Of a thousand five failed,
 * five were skipped and five needed a second attempt. Each has a payload and a result of 50 bytes.
 */
export async function loadHistory(client: Client, { schedules, runs, say }: History): Promise<void> {
  await client.query(`select almanac.register_task('history:' || i) from generate_series(0, 9) i`)
  await client.query(
    `insert into almanac.schedules (name, kind, cron_expression, task_identifier, tags)
     select 'schedule ' || lpad(i::text, 5, '0'), 'cron', format('%s * * * *', i % 60), 'history:' || i % 10, array['tag ' || i % 10]
     from generate_series(1, $1::integer) i`,
    [schedules],
  )
  const [worker] = (
    await client.query<{ id: string }>(
      `insert into almanac.workers (name, host, pid, version, concurrency) values ('history', 'history', 0, '', 10)
       returning id::text`,
    )
  ).rows
  await client.query(`select almanac_private.ensure_partitions(now() - make_interval(weeks => $1), $1 + 2)`, [
    WEEKS,
  ])
  // Each would note that it was added late.
  await client.query('alter table almanac.runs disable trigger _850_note_added_late')
  for (let week = WEEKS; week > 0; week--) {
    await client.query(
      `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status,
         reason, attempt, max_attempts, priority, queued_at, started_at, finished_at, error, result, worker_id, run_as)
       select s.id, s.name, s.task_identifier, jsonb_build_object('customer', i, 'text', repeat('x', 20)), t.at, t.at, 'schedule',
         o.outcome, case o.outcome when 'skipped' then 'The run before was still running.' end,
         case o.outcome when 'skipped' then 0 else 1 + (i % 200 = 7)::integer end, 3, 0, t.at,
         case when o.outcome <> 'skipped' then t.at + interval '40 milliseconds' end, t.at + interval '2 seconds',
         case o.outcome when 'failed' then 'connect ECONNREFUSED 10.0.4.17:5432' end,
         case o.outcome when 'succeeded' then jsonb_build_object('rows', i, 'text', repeat('y', 20)) end, $4::bigint, s.run_as
       from generate_series(0, $2::integer - 1) i
       join (
         select row_number() over (order by id) - 1 as n, id, name, task_identifier, run_as
         from almanac.schedules where not is_system
       ) s on s.n = i % $3::integer
       cross join lateral (
         select date_trunc('second', now()) - $1::integer * interval '1 week' + i * (interval '1 week' / $2::integer) as at
       ) t
       cross join lateral (
         select case when i % 200 = 3 then 'failed' when i % 200 = 5 then 'skipped' else 'succeeded' end::almanac.run_status as outcome
       ) o
`,
      [week, Math.round(runs / WEEKS), schedules, worker?.id],
    )
    say(`${Math.round((runs / WEEKS) * (WEEKS - week + 1)).toLocaleString('en')} runs`)
  }
  await client.query(
    `insert into almanac.run_attempts (run_id, scheduled_for, attempt, status, started_at, finished_at, error, worker_id)
     select r.id, r.scheduled_for, 1, 'failed', r.started_at, r.finished_at, 'HTTP 503 from api.example.com', r.worker_id
     from almanac.runs r where r.attempt > 1`,
  )
  await client.query('alter table almanac.runs enable trigger _850_note_added_late')
  await client.query('vacuum (analyze)')
  const begun = performance.now()
  for (let isDone = false; !isDone;) {
    const { rows } = await client.query<{ is_done: boolean }>(
      'select is_done from almanac_private.count_days()',
    )
    isDone = rows[0]?.is_done ?? true
  }
  say(`days counted in ${Math.round((performance.now() - begun) / 1_000)} s`)
  await client.query('vacuum (analyze) almanac_private.day_counts')
}
