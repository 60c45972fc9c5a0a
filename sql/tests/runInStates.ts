import type { ClientBase } from 'pg'

export type RunState = (typeof RUN_STATES)[number]

/** The states of a run, and one that is running and is to stop. */
export const RUN_STATES = [
  'waiting',
  'queued',
  'retrying',
  'running',
  'stopping',
  'succeeded',
  'failed',
  'timed_out',
  'cancelled',
  'skipped',
] as const

/** The worker that has begun what is running. */
export async function registerWorker(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `select almanac_private.register_worker('w', 'h', 1, '1', 1)::text as id`,
  )
  return rows[0]!.id
}

/** Triggers a schedule and returns the run's id. */
export async function trigger(client: ClientBase, name: string, respectOverlap = false): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `select (almanac.trigger_now($1, respect_overlap => $2)).id::text as id`,
    [name, respectOverlap],
  )
  return rows[0]!.id
}

/** Has a worker begin a run. */
export async function begin(client: ClientBase, worker: string, id: string): Promise<number> {
  const { rowCount } = await client.query(
    `select almanac_private.begin_runs($1, array[r.id], array[r.scheduled_for]) from almanac.runs r where r.id = $2`,
    [worker, id],
  )
  return rowCount ?? 0
}

/** Records how its attempt ended. */
export async function finish(client: ClientBase, worker: string, id: string, status: string): Promise<void> {
  await client.query(
    `select almanac_private.finish_runs($1, jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
       'runId', r.id, 'scheduledFor', r.scheduled_for, 'status', $3::text, 'isPermanent', $4::boolean, 'error',
       case when $3 <> 'succeeded' then 'it failed' end)))) from almanac.runs r where r.id = $2`,
    [worker, id, status === 'retrying' ? 'failed' : status, status === 'retrying' ? null : true],
  )
}

/** Triggers a schedule so that its run is in a state; `asOwner` does what the engine does. Returns the run's id. */
export async function runIn(
  state: RunState,
  name: string,
  client: ClientBase,
  asOwner: <Result>(work: () => Promise<Result>) => Promise<Result> = (work) => work(),
): Promise<string> {
  if (state === 'waiting' || state === 'skipped') {
    await trigger(client, name, true)
    await asOwner(() =>
      client.query(
        `set local almanac.engine to 'on';
         update almanac.schedules set overlap_policy = '${state === 'waiting' ? 'queue_all' : 'skip'}' where name = '${name}';
         set local almanac.engine to 'off'`,
      ),
    )
    return await trigger(client, name, true)
  }
  const id = await trigger(client, name)
  if (state === 'queued') return id
  return await asOwner(async () => {
    if (state === 'cancelled') {
      await client.query('select almanac.cancel_run($1)', [id])
      return id
    }
    const worker = await registerWorker(client)
    await begin(client, worker, id)
    if (state === 'stopping') await client.query('select almanac.cancel_run($1)', [id])
    else if (state !== 'running') await finish(client, worker, id, state)
    return id
  })
}
