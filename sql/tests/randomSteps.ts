import type { ClientBase } from 'pg'
import { begin, due, finish } from './inGroups.ts'
import type { Step } from './ofGroups.ts'

/** What is done of the steps of one run, by task. */
export interface Work {
  readonly random: (below: number) => number
  /** Tasks that fail. */
  readonly failing: ReadonlySet<string>
  /** Called as a step begins, with how those that are over have ended. */
  readonly onBegun: (task: string, ended: ReadonlyMap<string, string>) => void
}

/** Works as workers would, in any order and batch, until nothing is due; returns how often each began. */
export async function work(
  client: ClientBase,
  { random, failing, onBegun }: Work,
): Promise<ReadonlyMap<string, number>> {
  const running: Step[] = []
  const ended = new Map<string, string>()
  const times = new Map<string, number>()
  for (;;) {
    const ready = (await due(client)).filter(() => random(3) > 0)
    const begunNow = await stepsIn(client, await begin(client, ready))
    for (const { task } of begunNow) {
      times.set(task, (times.get(task) ?? 0) + 1)
      onBegun(task, ended)
    }
    running.push(...begunNow)
    const ending = running.filter(() => random(2) > 0)
    for (const status of ['succeeded', 'failed']) {
      const those = ending.filter(({ task }) => failing.has(task) === (status === 'failed'))
      if (those.length > 0) await finish(client, those, '2030-01-01Z', status)
      for (const { task } of those) ended.set(task, status)
    }
    running.splice(0, running.length, ...running.filter((run) => !ending.includes(run)))
    if (running.length === 0 && (await due(client)).length === 0) return times
  }
}

export async function stepsIn(client: ClientBase, ids: readonly string[]): Promise<Step[]> {
  const { rows } = await client.query<Step>(
    `select id::text, scheduled_for::text as at, task_identifier as task from almanac.runs where id = any ($1)`,
    [ids],
  )
  return rows
}

/** How many runs have not ended. */
export const left = async (client: ClientBase) =>
  (await client.query('select from almanac_private.live_runs')).rowCount
