import { escapeIdentifier, type ClientBase } from 'pg'
import { readRights } from './rights/rightsFile.ts'

const OURS = ['almanac', 'almanac_private', 'graphile_worker']

/**
 * Keeps what the migrating login creates without naming a schema out of ours. A login that is called like one of them,
 * as the embedded database's is, would find it first: the search path begins with "$user".
 */
export async function keepOutOfOurSchemas(client: ClientBase, log: (message: string) => void): Promise<void> {
  const [session] = (await client.query<Session>(SESSION, [OURS])).rows
  if (!session?.lands) return
  const rest = session.path.split(',').filter((name) => !/^\s*"?\$user"?\s*$/.test(name))
  await client.query(
    `alter role ${escapeIdentifier(session.login)} in database ${escapeIdentifier(session.database)}
     set search_path to ${rest.join(',') || 'public'}`,
  )
  // This session's own path is the old one still, by which names would be shortened.
  await client.query('set search_path to pg_catalog')
  const { rows } = await client.query<{ statement: string }>(STRAYS, [[...(await readRights()).keys()]])
  if (rows.length === 0) return
  log(
    `These are in Almanac's schema, because they were created without naming one. Move them:\n\n${rows.map(({ statement }) => `  ${statement}\n`).join('')}`,
  )
}

interface Session {
  readonly login: string
  readonly database: string
  readonly path: string
  /** Whether what it creates lands in a schema of ours by its own name. */
  readonly lands: boolean
}

const SESSION = `
  select session_user as login, pg_catalog.current_database() as database, pg_catalog.current_setting('search_path') as path,
    session_user = any ($1) and session_user = any (pg_catalog.current_schemas(false))
      and pg_catalog.current_setting('search_path') ~ '\\$user' as lands`

/**
 * What of the schema is not Almanac's: what is, sql/rights.sql lists, or it belongs to what is listed. A comment shows
 * it too, but a dump may have been restored without comments.
 */
const STRAYS = `
  with listed as (select pg_catalog.unnest($1::text[]) as object), relations as (
    select c.oid, c.relname, c.relkind, n.nspname,
      exists (
        select from listed l
        where l.object = case c.relkind when 'S' then 'sequence ' else 'table ' end || c.oid::pg_catalog.regclass::text)
        or pg_catalog.obj_description(c.oid, 'pg_class') is not null as is_ours
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'almanac' and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and not c.relispartition
      and not exists (
        select from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.objsubid = 0
          and d.deptype in ('a', 'i'))
  ), functions as (
    select p.oid, p.proname, n.nspname, p.prorettype, p.proargtypes, p.proallargtypes,
      exists (select from listed l where l.object = 'function ' || p.oid::pg_catalog.regprocedure::text)
        or pg_catalog.obj_description(p.oid, 'pg_proc') is not null as is_ours
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'almanac'
  ), named as (
    select a.atttypid as oid from relations r join pg_catalog.pg_attribute a on a.attrelid = r.oid where r.is_ours
    union
    select pg_catalog.unnest(f.prorettype || f.proargtypes::oid[] || f.proallargtypes) from functions f where f.is_ours
  ), types as (
    select u.oid from named u
    union
    select a.atttypid
    from named u join pg_catalog.pg_type t on t.oid = u.oid join pg_catalog.pg_attribute a on a.attrelid = t.typrelid
  )
  select pg_catalog.format('alter %s set schema public;', stray.name) as statement
  from (
    select 1 as place, r.oid, pg_catalog.format('%s %I.%I',
      case r.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end,
      r.nspname, r.relname) as name
    from relations r where not r.is_ours
    union all
    select 2, f.oid, pg_catalog.format('routine %I.%I(%s)',
      f.nspname, f.proname, pg_catalog.pg_get_function_identity_arguments(f.oid))
    from functions f where not f.is_ours
    union all
    select 3, t.oid, pg_catalog.format('type %I.%I', n.nspname, t.typname)
    from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
    where n.nspname = 'almanac' and t.typtype in ('e', 'd') and pg_catalog.obj_description(t.oid, 'pg_type') is null
      and not exists (select from types u where u.oid in (t.oid, t.typarray))
  ) stray
  order by stray.place, stray.oid`
