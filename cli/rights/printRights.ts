import type { ClientBase } from 'pg'

/** One thing that the catalogue says about an object: as the statement that makes it so, and the one that takes it back. */
export interface Right {
  /** As in `function almanac.pause(text, text)`. */
  readonly object: string
  /** `null`: the object is there, and nothing is said about it. */
  readonly statement: string | null
  readonly undo: string | null
}

export const OUR_SCHEMAS = ['almanac', 'almanac_private'] as const
const GROUP_ROLES = [
  'almanac_viewer',
  'almanac_operator',
  'almanac_admin',
  'almanac_server',
  'almanac_worker',
] as const

const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ')
const ours = `(select n.oid from pg_namespace n where n.nspname in (${quoted(OUR_SCHEMAS)}))`
const own = (alias: string, catalogue: string) =>
  `not exists (select from pg_depend d where d.classid = '${catalogue}'::regclass and d.objid = ${alias}.oid and d.deptype = 'e')`
const oneLine = (expression: string) => `regexp_replace(${expression}, '\\s+', ' ', 'g')`

/**
 * Group roles, grants to them and to PUBLIC, row security, policies, the security of functions and the owner's default
 * privileges. What a DBA granted other roles is theirs, and is not in it.
 */
const RIGHTS = `
with groups as (
  select r.oid, r.rolname, r.rolinherit from pg_roles r where r.rolname in (${quoted(GROUP_ROLES)})
), relations as (
  select c.*, format('%s %s', case when c.relkind = 'S' then 'sequence' else 'table' end, c.oid::regclass) as target,
    case when c.relispartition then 'partition' when c.relkind = 'S' then 'sequence' else 'table' end as sort
  from pg_class c where c.relnamespace in ${ours} and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and ${own('c', 'pg_class')}
), functions as (
  select p.*, format('function %s', p.oid::regprocedure) as target
  from pg_proc p where p.pronamespace in ${ours} and ${own('p', 'pg_proc')}
), objects as (
  select format('role %I', g.rolname) as object, null as target, null::aclitem[] as acl, null::oid as owner, null as columns from groups g
  union all
  select format('schema %I', n.nspname), format('schema %I', n.nspname), n.nspacl, n.nspowner, null from pg_namespace n where n.oid in ${ours}
  union all
  select format('%s %s', r.sort, r.oid::regclass), r.target, r.relacl, r.relowner, null from relations r
  union all
  select format('%s %s', r.sort, r.oid::regclass), r.target, a.attacl, r.relowner, quote_ident(a.attname)
  from relations r join pg_attribute a on a.attrelid = r.oid where a.attacl is not null and not a.attisdropped
  union all
  select f.target, f.target, coalesce(f.proacl, acldefault('f', f.proowner)), f.proowner, null from functions f
), granted as (
  select o.object, o.target, case a.grantee when 0 then 'public' else quote_ident(g.rolname) end as grantee, a.is_grantable,
    string_agg(lower(a.privilege_type) || coalesce(' (' || o.columns || ')', ''), ', ' order by a.privilege_type, o.columns) as privileges
  from objects o cross join aclexplode(o.acl) a left join groups g on g.oid = a.grantee
  where a.grantor = o.owner and (a.grantee = 0 or g.oid is not null)
  group by o.object, o.target, a.grantee, g.rolname, a.is_grantable
), facts as (
  select distinct o.object, null as statement, null as undo from objects o
  union all
  select format('role %I', g.rolname), format('create role %I nologin%s', g.rolname, case when g.rolinherit then '' else ' noinherit' end), null from groups g
  union all
  select format('role %I', g.rolname), format('grant %I to %I', o.rolname, g.rolname), null
  from pg_auth_members m join groups g on g.oid = m.member join groups o on o.oid = m.roleid
  union all
  select g.object, format('grant %s on %s to %s%s', g.privileges, g.target, g.grantee, case when g.is_grantable then ' with grant option' else '' end),
    format('revoke %s on %s from %s cascade', g.privileges, g.target, g.grantee)
  from granted g
  union all
  select format('%s %s', r.sort, r.oid::regclass), format('alter table %s enable row level security', r.oid::regclass),
    format('alter table %s disable row level security', r.oid::regclass)
  from relations r where r.relrowsecurity
  union all
  select format('%s %s', r.sort, r.oid::regclass), format('alter table %s force row level security', r.oid::regclass),
    format('alter table %s no force row level security', r.oid::regclass)
  from relations r where r.relforcerowsecurity
  union all
  select format('%s %s', r.sort, r.oid::regclass), ${oneLine(`format('create policy %I on %s as %s for %s to %s%s%s', p.polname, r.oid::regclass,
      case when p.polpermissive then 'permissive' else 'restrictive' end,
      case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
      (select string_agg(case o when 0 then 'public' else o::regrole::text end, ', ' order by o::regrole::text) from unnest(p.polroles) o),
      ' using (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')`)},
    format('drop policy %I on %s', p.polname, r.oid::regclass)
  from pg_policy p join relations r on r.oid = p.polrelid
  where p.polroles && array(select 0::oid union all select g.oid from groups g)
  union all
  select f.target, format('alter %s security definer', f.target), format('alter %s security invoker', f.target) from functions f where f.prosecdef
  union all
  select 'default privileges', case when d.oid is not null then 'alter default privileges revoke execute on functions from public' end, null
  from pg_namespace n left join pg_default_acl d on d.defaclrole = n.nspowner and d.defaclnamespace = 0 and d.defaclobjtype = 'f'
    and not exists (select from aclexplode(d.defaclacl) a where a.grantee = 0)
  where n.nspname = 'almanac'
)
select object, statement, undo from facts order by object collate "C", statement is not null, statement collate "C"`

/** What the database says now. */
export async function printRights(client: ClientBase): Promise<Right[]> {
  const { rows: before } = await client.query<{ path: string }>(
    `select pg_catalog.current_setting('search_path') as path`,
  )
  await client.query('set search_path to pg_catalog')
  try {
    return (await client.query<Right>(RIGHTS)).rows
  } finally {
    await client.query(`select pg_catalog.set_config('search_path', $1, false)`, [before[0]!.path])
  }
}
