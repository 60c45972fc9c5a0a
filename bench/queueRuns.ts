import type { Client } from 'pg'
import { untilTrue, value } from './database.ts'

interface Queued {
  /** Also the name of its schedule. */
  readonly task: string
  readonly count: number
  readonly group?: string | null
}

/** Has that many runs of one manual schedule wait for a worker; returns the id after which theirs begin. */
export async function queueRuns(client: Client, { task, count, group = null }: Queued): Promise<string> {
  await client.query('delete from almanac.schedules where not is_system')
  await client.query('select almanac.register_task($1)', [task])
  await client.query(
    `insert into almanac.schedules (name, kind, task_identifier, overlap_policy, resource_group)
     values ($1, 'manual', $1, 'allow', $2)`,
    [task, group],
  )
  const after = await value<string>(client, 'select coalesce(max(id), 0)::text from almanac.runs')
  await client.query('select count(almanac.trigger_now($1)) from generate_series(1, $2)', [task, count])
  return after
}

/** Waits until all runs after an id have ended; milliseconds from the first to begin to the last whose end is recorded. */
export async function untilEnded(client: Client, after: string): Promise<number> {
  await untilTrue(
    client,
    `select not exists (select from almanac.runs where id > $1 and finished_at is null)`,
    [after],
    50,
  )
  return value<number>(
    client,
    `select (extract(epoch from max(finished_at) - min(started_at)) * 1000)::float8 from almanac.runs where id > $1`,
    [after],
  )
}
