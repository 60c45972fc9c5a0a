import type { ClientBase } from 'pg'

type Client = Pick<ClientBase, 'query'>

export const NIGHTLY = {
  name: 'nightly',
  kind: 'cron',
  cron_expression: '0 2 * * *',
  task_identifier: 'almanac:noop',
}

export interface Planned {
  readonly name: string | null
  readonly action: string
  readonly changes: readonly { field: string; from: unknown; to: unknown }[]
  readonly added: string
  readonly removed: string
  readonly moved: string
  readonly occurrences: readonly { change: string; was_due_at: string | null; due_at: string | null }[]
  readonly warnings: readonly string[]
  readonly refusals: readonly { code: string; field: string | null; message: string; hint: string | null }[]
  readonly hash: string
}

interface Options {
  readonly owner?: string
  readonly adopt?: readonly string[]
  readonly hash?: string | null
  readonly allowOlder?: boolean
}

/** The plan of what code by the name of app defines. */
export async function plan(
  client: Client,
  definitions: readonly unknown[],
  { owner = 'app', adopt = [] }: Options = {},
): Promise<Planned[]> {
  const { rows } = await client.query<Planned>('select * from almanac.plan_schedules($1, $2, $3)', [
    owner,
    JSON.stringify(definitions),
    adopt,
  ])
  return rows
}

/** Applies it. */
export async function apply(
  client: Client,
  definitions: readonly unknown[],
  version: string,
  { owner = 'app', adopt = [], hash = null, allowOlder = false }: Options = {},
): Promise<{ name: string; action: string; changes: unknown }[]> {
  const { rows } = await client.query<{ name: string; action: string; changes: unknown }>(
    'select * from almanac.apply_schedules($1, $2, $3, $4, $5, $6)',
    [owner, JSON.stringify(definitions), version, hash, adopt, allowOlder],
  )
  return rows
}
