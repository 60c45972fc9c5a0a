import type { ClientBase } from 'pg'

/** A run that a worker has in hand. */
export interface InHand {
  readonly id: string
  readonly at: string
}

/** A manual schedule whose runs belong to a group, with this priority. */
export async function scheduleIn(
  client: Pick<ClientBase, 'query'>,
  name: string,
  group: string | null,
  priority = 1,
): Promise<void> {
  await client.query(
    `insert into almanac.schedules (name, kind, task_identifier, resource_group, priority)
     values ($1, 'manual', 'almanac:noop', $2, $3)`,
    [name, group, priority],
  )
}

export async function trigger(client: Pick<ClientBase, 'query'>, name: string, count = 1): Promise<InHand[]> {
  const { rows } = await client.query<InHand>(
    `select (t.run).id, (t.run).scheduled_for::text as at
     from (select almanac.trigger_now($1) as run from generate_series(1, $2)) t order by 1`,
    [name, count],
  )
  return rows
}

/** Begins them as the worker 1 at a time, those that lack nothing; each by the job that it has. */
export async function begin(
  client: Pick<ClientBase, 'query'>,
  runs: readonly InHand[],
  asOf = '2030-01-01Z',
): Promise<string[]> {
  const { rows } = await client.query<{ run_id: string; lacks: string | null }>(
    `select b.run_id, b.lacks from (
       select array_agg(u.id order by u.id) as ids, array_agg(u.at order by u.id) as times,
         array_agg(coalesce(j.id, 0) order by u.id) as jobs
       from unnest($1::bigint[], $2::timestamptz[]) u(id, at) left join graphile_worker.jobs j on j.key = 'run:' || u.id
     ) a
     cross join lateral almanac_private.begin_runs(1, a.ids, a.times, a.jobs, $3) b order by b.run_id`,
    [runs.map(({ id }) => id), runs.map(({ at }) => at), asOf],
  )
  return rows.filter(({ lacks }) => lacks === null).map(({ run_id }) => run_id)
}

export async function finish(
  client: Pick<ClientBase, 'query'>,
  runs: readonly InHand[],
  asOf = '2030-01-01Z',
  status = 'succeeded',
): Promise<void> {
  await client.query('select almanac_private.finish_runs(1, $1, $2)', [
    JSON.stringify(runs.map(({ id, at }) => ({ runId: id, scheduledFor: at, status, error: 'x' }))),
    asOf,
  ])
}

/** The runs whose jobs a worker may take now, in the order in which it takes them. */
export async function due(client: Pick<ClientBase, 'query'>): Promise<InHand[]> {
  const { rows } = await client.query<InHand>(
    `select r.id, r.scheduled_for::text as at from graphile_worker.jobs j join almanac.runs r on j.key = 'run:' || r.id
     where j.run_at <= clock_timestamp() and r.status in ('queued', 'retrying') order by j.priority, j.run_at, r.id`,
  )
  return rows
}

/** Runs by their names in the order in which they come: each that ends makes way for the next. */
export async function order(client: Pick<ClientBase, 'query'>, count: number): Promise<string[]> {
  const names: string[] = []
  for (let run = 0; run < count; run++) {
    const begun = await begin(client, await due(client))
    const { rows } = await client.query<InHand & { schedule_name: string }>(
      'select id, scheduled_for::text as at, schedule_name from almanac.runs where id = any ($1)',
      [begun],
    )
    names.push(...rows.map(({ schedule_name }) => schedule_name))
    await finish(client, rows)
  }
  return names
}
