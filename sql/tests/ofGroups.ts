import type { ClientBase } from 'pg'
import { begin, due, finish, trigger, type InHand } from './inGroups.ts'

type Client = Pick<ClientBase, 'query'>

/** Registers tasks of a group, each after those that it depends on: { b: ['a'] }. */
export async function registerTasks(
  client: Client,
  tasks: Readonly<Record<string, readonly string[]>>,
  group: string | null = 'nightly',
): Promise<void> {
  for (const [task, needs] of Object.entries(tasks))
    await client.query('select almanac.register_task($1, task_group => $2, depends_on => $3)', [
      task,
      group,
      needs,
    ])
}

/** A manual schedule of a group of tasks, or of all. */
export async function scheduleGroup(
  client: Client,
  name: string,
  group: string | null = 'nightly',
  settings: Record<string, unknown> = {},
): Promise<void> {
  await client.query('select almanac.create_schedule($1)', [
    {
      name,
      kind: 'manual',
      ...(group === null ? { target: 'all' } : { target: 'group', task_group: group }),
      ...settings,
    },
  ])
}

/** Triggers it and has a worker take the job of the parent. */
export async function begun(client: Client, name: string): Promise<InHand> {
  const [parent] = await trigger(client, name)
  await begin(client, [parent!])
  return parent!
}

export interface Step extends InHand {
  readonly task: string
  readonly status: string
  readonly reason: string | null
  readonly error: string | null
}

/** The steps of a parent run, in their order. */
export async function stepsOf(client: Client, id: string): Promise<Step[]> {
  const { rows } = await client.query<Step>(
    `select id::text, scheduled_for::text as at, task_identifier as task, status, reason, error
     from almanac.runs where parent_id = $1 order by element`,
    [id],
  )
  return rows
}

/** Their states, by task. */
export async function states(client: Client, id: string): Promise<Record<string, string>> {
  return Object.fromEntries((await stepsOf(client, id)).map(({ task, status }) => [task, status]))
}

/** Begins what is due and ends it, these as failed, until nothing is due. Returns the tasks, batch by batch. */
export async function runThrough(client: Client, failing: readonly string[] = []): Promise<string[][]> {
  const batches: string[][] = []
  for (;;) {
    const ids = await begin(client, await due(client))
    if (ids.length === 0) return batches
    const { rows } = await client.query<InHand & { task: string }>(
      `select id::text, scheduled_for::text as at, task_identifier as task from almanac.runs
       where id = any ($1) order by element`,
      [ids],
    )
    batches.push(rows.map(({ task }) => task))
    const fails = ({ task }: { task: string }) => failing.includes(task)
    await finish(
      client,
      rows.filter((run) => !fails(run)),
    )
    if (rows.some(fails)) await finish(client, rows.filter(fails), '2030-01-01Z', 'failed')
  }
}
