import { escapeIdentifier, type ClientBase } from 'pg'
import { dbaError, isRefused } from '../dba.ts'
import { inTransaction } from './inTransaction.ts'
import { printRights, type Right } from './printRights.ts'
import { groupByObject, readRights, type Rights } from './rightsFile.ts'

/** Makes the group roles that are missing, and their memberships. They belong to the whole server, and no dump has them. */
export async function ensureGroupRoles(client: ClientBase): Promise<void> {
  const wanted = [...(await readRights())].filter(([object]) => object.startsWith('role '))
  await run(client, differences(new Map(wanted), await printRights(client)))
}

/**
 * Brings every right to what sql/rights.sql says, whatever was granted, revoked or lost. What is not in the file, a DBA's
 * own table in our schemas say, stays as it is.
 */
export async function bringRights(
  client: ClientBase,
  owner: string,
  log?: (message: string) => void,
): Promise<void> {
  const statements = differences(await readRights(), await printRights(client))
  await run(client, statements, owner)
  if (statements.length > 0)
    log?.(`The rights differed from what they should be: ${statements.length} statements corrected them.`)
}

/** The statements that are missing in the database, after those that take back what should not be there. */
export function differences(wanted: Rights, actual: readonly Right[]): string[] {
  const present = groupByObject(actual)
  const undo = actual.flatMap(({ object, statement, undo }) => {
    const allowed = wantedOf(object, wanted)
    return statement === null || undo === null || !allowed || allowed.includes(statement) ? [] : [undo]
  })
  const objects = [...new Set([...wanted.keys(), ...present.keys()])]
  const missing = objects.flatMap((object) => {
    const has = present.get(object)
    if (!has && !object.startsWith('role ')) return []
    return (wantedOf(object, wanted) ?? []).filter((statement) => !has?.includes(statement))
  })
  const [roles, others] = [missing.filter(makesRole), missing.filter((statement) => !makesRole(statement))]
  return [...undo, ...roles, ...others.flatMap((statement) => [...dropFirst(statement), statement])]
}

/** A policy of this name may be there for roles that are not ours. */
function dropFirst(statement: string): string[] {
  const [, policy] = /^create policy (.+?) as (?:permissive|restrictive) /.exec(statement) ?? []
  return policy ? [`drop policy if exists ${policy}`] : []
}

function wantedOf(object: string, wanted: Rights): readonly string[] | undefined {
  const [, partition] = /^partition (.+)$/.exec(object) ?? []
  return partition ? [`alter table ${partition} enable row level security`] : wanted.get(object)
}

const makesRole = (statement: string) => statement.startsWith('create role ')

/** As the owner, whose default privileges count, no matter who migrates. */
async function run(client: ClientBase, statements: readonly string[], role?: string): Promise<void> {
  if (statements.length === 0) return
  try {
    await inTransaction(client, [
      ...(role ? [`set local role ${escapeIdentifier(role)}`] : []),
      ...statements,
    ])
  } catch (error) {
    throw isRefused(error) ? dbaError(statements, error) : error
  }
}
