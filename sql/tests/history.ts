import type { ClientBase } from 'pg'
import type { TestDatabase } from '../../tests/database/createTestDatabase.ts'

/** A Wednesday, far from today: its runs are in weeks of their own, and nothing else is. */
export const AS_OF = '2020-10-07 12:00+00'

/** That many days before AS_OF. */
export const ago = (days: number): string =>
  `(timestamptz '${AS_OF}' at time zone 'UTC' - interval '${days} days') at time zone 'UTC'`

export interface RunGiven {
  schedule?: number | string
  /** When it was due and ended, in days before AS_OF. */
  days: number
  status?: string
  retriedFrom?: string
}

/** A run that ended, with an attempt and a line of its log. Returns its id. */
export async function addRun(
  client: ClientBase,
  { schedule = 900, days, status = 'succeeded', retriedFrom }: RunGiven,
): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `with run as (
       insert into almanac.runs (schedule_id, schedule_name, scheduled_for, due_at, trigger, status, reason, task_identifier,
         payload, run_as, max_attempts, priority, started_at, finished_at, retried_from)
       values ($1, 'x', ${ago(days)}, ${ago(days)}, case when $3::bigint is null then 'schedule' else 'manual' end::almanac.run_trigger, $2::text::almanac.run_status,
         case $2::text when 'skipped' then 'because' end,
         'almanac:noop', '{}', current_user, 1, 1, ${ago(days)},
         case when $2::text not in ('queued', 'running', 'retrying', 'waiting') then ${ago(days)} end, $3)
       returning id, scheduled_for
     ), attempt as (
       insert into almanac.run_attempts (run_id, scheduled_for, attempt, status, started_at, finished_at)
       select id, scheduled_for, 1, 'succeeded', scheduled_for, scheduled_for from run
     ), log as (
       insert into almanac.run_logs (run_id, scheduled_for, attempt, first_line, line_count, logged_at, bytes, lines)
       select id, scheduled_for, 1, 1, 1, scheduled_for, 5, '[[0, "info", "hello"]]' from run
     )
     select id::text from run`,
    [schedule, status, retriedFrom ?? null],
  )
  return rows[0]!.id
}

/** A schedule with rules of its own, as AS_OF has it. */
export async function scheduleThatKeeps(client: ClientBase, name: string, settings: string): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `select id::text from almanac.schedule_cron($1, '0 3 * * *', 'almanac:noop', settings => $2)`,
    [name, settings],
  )
  return rows[0]!.id
}

/** The partitions of the weeks of these days before AS_OF. */
export async function addWeeks(client: ClientBase, ...days: number[]): Promise<void> {
  for (const day of days)
    await client.query(`select almanac_private.ensure_partitions(${ago(day)} + interval '7 days', -1)`)
}

/** Before each test: no pass has begun, none has ended. */
export async function resetPasses(db: TestDatabase): Promise<void> {
  await db.query(
    `update almanac_private.retention_passes set step = 'ended', swept_at = null, ended_at = null`,
  )
}

export interface Part {
  step: string
  removed: number
  dropped: number
}

/** Calls apply_retention() until it is done, and returns what each call did. */
export async function pass(client: ClientBase, { asOf = AS_OF, maxCount = 2000 } = {}): Promise<Part[]> {
  const parts: Part[] = []
  for (let isDone = false; !isDone;) {
    const { rows } = await client.query<Part & { is_done: boolean }>(
      `select step, removed::int, dropped, is_done from almanac_private.apply_retention($1, $2)`,
      [maxCount, asOf],
    )
    const { is_done, ...part } = rows[0]!
    isDone = is_done
    parts.push(part)
    if (parts.length > 200) throw new Error('Retention does not end.')
  }
  return parts
}

/** The runs that are there, by id. */
export const runs = async (client: ClientBase): Promise<string[]> =>
  (
    await client.query<{ id: string }>(
      `select id::text from almanac.runs where scheduled_for < '2021-01-01' order by id`,
    )
  ).rows.map(({ id }) => id)

/** Attempts and logs of runs that are gone. */
export const orphans = async (client: ClientBase): Promise<number> =>
  (
    await client.query<{ count: number }>(
      `select count(*)::int from (select run_id from almanac.run_attempts union all select run_id from almanac.run_logs) p
       where not exists (select from almanac.runs r where r.id = p.run_id)`,
    )
  ).rows[0]!.count
