import { escapeIdentifier, type ClientBase } from 'pg'

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
  const { rows } = await client.query<{ statement: string }>(STRAYS)
  if (rows.length === 0) return
  log(
    `These are in Almanac's schema, as they were created without naming one. Move them:\n\n${rows.map(({ statement }) => `  ${statement}\n`).join('')}`,
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

/** What of the schema is not Almanac's: all that is has a comment, or belongs to what has one. */
const STRAYS = `
  select pg_catalog.format('alter %s set schema public;', stray.name) as statement
  from (
    select 1 as place, c.oid, pg_catalog.format('%s %I.%I',
      case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end, n.nspname, c.relname) as name
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'almanac' and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and not c.relispartition
      and pg_catalog.obj_description(c.oid, 'pg_class') is null
      and not exists (
        select from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype in ('a', 'i'))
    union all
    select 2, p.oid, pg_catalog.format('routine %I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid))
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'almanac' and pg_catalog.obj_description(p.oid, 'pg_proc') is null
    union all
    select 3, t.oid, pg_catalog.format('type %I.%I', n.nspname, t.typname)
    from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
    where n.nspname = 'almanac' and t.typtype in ('e', 'd') and pg_catalog.obj_description(t.oid, 'pg_type') is null
  ) stray
  order by stray.place, stray.oid`
