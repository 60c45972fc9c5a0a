import type { Client, ClientBase } from 'pg'
import { expect } from 'vitest'
import { finish, type InHand } from './inGroups.ts'

export interface RunSeen {
  readonly status: string
  readonly reason: string | null
  readonly error: string | null
  readonly stopping: boolean
}

/** A manual schedule of almanac:noop for each element of a list. */
export async function scheduleList(
  client: Pick<ClientBase, 'query'>,
  name: string,
  payload: object,
  settings: Record<string, unknown> = {},
): Promise<void> {
  await client.query('select almanac.create_schedule($1)', [
    { name, kind: 'manual', task_identifier: 'almanac:noop', target: 'list', payload, ...settings },
  ])
}

/** A list of that many elements, {"n": 1} and so on. */
export const elements = (count: number): { payloads: { n: number }[] } => ({
  payloads: Array.from({ length: count }, (_, index) => ({ n: index + 1 })),
})

/** The children of a parent run, by element. */
export async function childrenOf(
  client: Pick<ClientBase, 'query'>,
  id: string,
): Promise<(InHand & { status: string; payload: unknown })[]> {
  const { rows } = await client.query<InHand & { status: string; payload: unknown }>(
    `select id::text, scheduled_for::text as at, status, payload from almanac.runs where parent_id = $1 order by element`,
    [id],
  )
  return rows
}

export async function runSeen(client: Pick<ClientBase, 'query'>, id: string): Promise<RunSeen> {
  const { rows } = await client.query<RunSeen>(
    `select status, reason, error, cancel_requested_at is not null as stopping from almanac.runs where id = $1`,
    [id],
  )
  return rows[0]!
}

/** What its roll-up counts, without zeros. */
export async function rollUp(client: Pick<ClientBase, 'query'>, id: string): Promise<Record<string, number>> {
  const { rows } = await client.query<{ roll_up: Record<string, number> }>(
    `select to_jsonb(almanac.runs_roll_up(r)) as roll_up from almanac.runs r where r.id = $1`,
    [id],
  )
  return Object.fromEntries(Object.entries(rows[0]!.roll_up).filter(([, count]) => count !== 0))
}

/** What the next heartbeat of a worker does for parent runs. */
export const heartbeat = (client: Pick<ClientBase, 'query'>) =>
  client.query(`select almanac_private.keep_parents('2030-01-01Z')`)

/** Two workers end runs at one moment: the end of the first is not committed when the other's is written. */
export async function finishAtOnce(
  one: Client,
  runs: readonly InHand[],
  other: Client,
  others: readonly InHand[],
): Promise<void> {
  await one.query('begin')
  await finish(one, runs)
  let isDone = false
  const ended = finish(other, others).finally(() => (isDone = true))
  await expect.poll(async () => isDone || (await waitsForLock(one, other))).toBe(true)
  await one.query('commit')
  await ended
}

async function waitsForLock(client: Client, other: Client): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'`,
    [Reflect.get(other, 'processID')],
  )
  return rowCount === 1
}
