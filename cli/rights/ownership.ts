import { escapeIdentifier, escapeLiteral, type ClientBase } from 'pg'
import { isRefused } from '../dba.ts'
import { inTransaction } from './inTransaction.ts'
import { OUR_SCHEMAS } from './printRights.ts'

/** Schemas that stand and fall with the owner's rights to them. */
const SCHEMAS = [...OUR_SCHEMAS, 'almanac_migrate', 'graphile_worker']

/** For each object in `schemas` that is not `owner`'s, the statement that makes it so. Both are SQL expressions. */
const statements = (schemas: string, owner: string) => `
  with ours as (select n.oid, n.nspname, n.nspowner from pg_catalog.pg_namespace n where n.nspname = any (${schemas}))
  select pg_catalog.format('alter %s owner to %I', o.object, ${owner}) as statement
  from (
    select 1 as position, n.nspowner as owner, pg_catalog.format('schema %I', n.nspname) as object, n.oid, 'pg_catalog.pg_namespace'::regclass as catalogue from ours n
    union all
    select 2, c.relowner, pg_catalog.format('%s %I.%I', case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view'
      when 'f' then 'foreign table' when 'c' then 'type' else 'table' end, n.nspname, c.relname), c.oid, 'pg_catalog.pg_class'::regclass
    from pg_catalog.pg_class c join ours n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c') and not exists (
      select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and c.relkind = 'S' and d.deptype in ('a', 'i'))
    union all
    select 3, t.typowner, pg_catalog.format('type %I.%I', n.nspname, t.typname), t.oid, 'pg_catalog.pg_type'::regclass
    from pg_catalog.pg_type t join ours n on n.oid = t.typnamespace where t.typtype in ('e', 'd', 'r')
    union all
    select 4, p.proowner, pg_catalog.format('routine %I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)), p.oid, 'pg_catalog.pg_proc'::regclass
    from pg_catalog.pg_proc p join ours n on n.oid = p.pronamespace
  ) o
  where pg_catalog.pg_get_userbyid(o.owner) <> ${owner} and not exists (
    select from pg_catalog.pg_depend d where d.classid = o.catalogue and d.objid = o.oid and d.deptype = 'e')
  order by o.position, o.object`

interface Ownership {
  readonly login: string
  readonly owner: string
  readonly mayAct: boolean
  readonly schemas: string[]
}

/**
 * Everything of ours belongs to the owner of the schema almanac: definer functions would run with another's rights. What a
 * restore or a manual change gave to others is taken back. Returns the owner, or null where there is no schema yet.
 */
export async function settleOwnership(client: ClientBase): Promise<string | null> {
  const { rows } = await client.query<Ownership>(
    `select session_user::text as login, pg_catalog.pg_get_userbyid(n.nspowner)::text as owner, pg_catalog.pg_has_role(session_user, n.nspowner, 'usage') as "mayAct",
       array(select s.nspname::text from pg_catalog.pg_namespace s where s.nspname = any ($1)
         and (s.nspname <> 'graphile_worker' or s.nspowner = n.nspowner)) as schemas
     from pg_catalog.pg_namespace n where n.nspname = 'almanac'`,
    [SCHEMAS],
  )
  const [found] = rows
  if (!found) return null
  const { login, owner, mayAct, schemas } = found
  if (!mayAct) throw takeOver(found)
  const moves = await client.query<{ statement: string }>(statements('$1::name[]', '$2::name'), [
    schemas,
    owner,
  ])
  try {
    await inTransaction(
      client,
      moves.rows.map(({ statement }) => statement),
    )
  } catch (error) {
    if (!isRefused(error)) throw error
    throw new Error(
      `${moves.rows.length} objects of Almanac do not belong to ${owner}, and ${login} may not change that: ${script(schemas, owner)}`,
      { cause: error },
    )
  }
  return owner
}

/** Warns of an owner whose rights, which the definer functions have, are a superuser's, or too few to end sessions. */
export async function warnOfOwner(
  client: ClientBase,
  owner: string,
  log: (message: string) => void,
): Promise<void> {
  const { rows } = await client.query<{ isSuperuser: boolean; endsSessions: boolean }>(
    `select r.rolsuper as "isSuperuser", pg_catalog.pg_has_role(r.oid, 'pg_signal_backend', 'usage') as "endsSessions"
     from pg_catalog.pg_roles r where r.rolname = $1`,
    [owner],
  )
  const [found] = rows
  if (found?.isSuperuser) log(superuserWarning(owner))
  if (found?.endsSessions === false) log(signalWarning(owner))
}

/** What a missing right costs, with what a DBA runs to give it. */
export function signalWarning(owner: string): string {
  return `Almanac cannot end sessions of viewers and operators that block the schedules of others: its owner lacks the right. Ask a DBA to run: grant pg_signal_backend to ${escapeIdentifier(owner)};`
}

export function superuserWarning(owner: string): string {
  return `Almanac belongs to ${owner}, a superuser, so its functions run as one. Give it an owner that is not: docs/operations.md, "An owner that is not a superuser"`
}

function takeOver({ login, owner, schemas }: Ownership): Error {
  return new Error(
    `Almanac in this database belongs to ${owner}. Migrate as ${owner}; or, if it is to belong to ${login} from now on: ${script(schemas, login)}`,
  )
}

function script(schemas: readonly string[], owner: string): string {
  return `ask a DBA to run this in the database, and then migrate again:\n\n${handOver(schemas, owner)}\n`
}

/** What a DBA runs in psql to give all that is in the schemas to another owner. */
export function handOver(schemas: readonly string[], owner: string): string {
  const query = statements(`'{${schemas.join(',')}}'::name[]`, `${escapeLiteral(owner)}::name`)
  return `do $almanac$
declare
  v_statement text;
begin
  for v_statement in${query}
  loop
    execute v_statement;
  end loop;
end
$almanac$;`
}
