import type { ClientBase } from 'pg'

/** A full hour in the future, so that as_of says how late a schedule is. */
export const START = '2100-01-01T00:00:00Z'
/** That many seconds after the start. */
export const after = (seconds: number) => new Date(Date.parse(START) + seconds * 1000).toISOString()

/** Adds the schedule x, of every minute from the start on. */
export async function everyMinute(client: ClientBase, settings: Record<string, unknown> = {}): Promise<void> {
  await client.query(`select almanac.schedule_every('x', '1 minute', 'almanac:noop', settings => $1)`, [
    { starts_at: START, ...settings },
  ])
}

/** Fires what is due that many seconds after the start; answers how many runs came of it. */
export async function fire(client: ClientBase, seconds: number): Promise<number> {
  const { rows } = await client.query<{ fired: number }>(`select fired from almanac_private.fire_due($1)`, [
    after(seconds),
  ])
  return rows[0]!.fired
}

/** Minute of each run, with its status. */
export async function ledger(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ entry: string }>(
    `select to_char(scheduled_for at time zone 'UTC', 'FMMI') || ' ' || status as entry from almanac.runs order by scheduled_for, id`,
  )
  return rows.map((row) => row.entry)
}

/** Reason, first and last minute, and count of each gap. */
export async function omissions(client: ClientBase): Promise<unknown[]> {
  const { rows } = await client.query<{ entry: unknown }>(
    `select jsonb_build_array(reason, extract(minute from lower(during))::int, extract(minute from upper(during))::int, count) as entry from almanac.omissions order by during`,
  )
  return rows.map((row) => row.entry)
}

/** Ends the oldest live run as a worker would. */
export async function work(
  client: ClientBase,
  status: string,
  seconds: number,
  error: string | null = null,
): Promise<void> {
  await begin(client, seconds)
  await finish(client, status, seconds, error)
}

/** Begins the oldest run that is to begin. */
export async function begin(client: ClientBase, seconds: number): Promise<void> {
  const { rows } = await client.query<{ worker: string }>(
    `select almanac_private.register_worker('w', 'w', 1, '0', 1) as worker`,
  )
  const worker = rows[0]!.worker
  const run = `select id, scheduled_for from almanac.runs where status in ('queued', 'retrying') order by id limit 1`
  await client.query(
    `select almanac_private.begin_runs($1, array_agg(id), array_agg(scheduled_for), null, $2) from (${run}) r`,
    [worker, after(seconds)],
  )
}

/** Ends all runs that are running. */
export async function finish(
  client: ClientBase,
  status: string,
  seconds: number,
  error: string | null = null,
): Promise<void> {
  await client.query(
    `select almanac_private.finish_runs(worker_id, jsonb_agg(jsonb_build_object('runId', id, 'scheduledFor', scheduled_for, 'status', $2::text, 'error', $3::text)), $1)
     from almanac.runs where status = 'running' group by worker_id`,
    [after(seconds), status, error],
  )
}
