import { ask } from './ask.ts'

const SCHEMAS = `('almanac', 'almanac_private', 'almanac_migrate', 'graphile_worker')`

/** What the catalogue says about rights, a line each, with "owner" for the owner of the schema almanac. */
export async function rightsIn(connectionString: string): Promise<string[]> {
  const rows = await ask<{ line: string }>(
    connectionString,
    `with owner as (select nspowner as oid from pg_namespace where nspname = 'almanac'),
     schemas as (select oid, nspname from pg_namespace where nspname in ${SCHEMAS}),
     ours as (
       select 'schema' as kind, n.nspname::text as name, n.nspowner as owner, n.nspacl as acl, 'n' as type, '' as facts from pg_namespace n join schemas using (oid)
       union all
       select 'relation', c.oid::regclass::text, c.relowner, c.relacl, case when c.relkind = 'S' then 's' else 'r' end, format('%s %s %s', c.relkind, c.relrowsecurity, c.relforcerowsecurity)
       from pg_class c join schemas s on s.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'S')
       union all
       select 'function', p.oid::regprocedure::text, p.proowner, p.proacl, 'f', format('%s %s', p.prosecdef, p.proconfig)
       from pg_proc p join schemas s on s.oid = p.pronamespace
       where not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
       union all
       select 'type', t.oid::regtype::text, t.typowner, t.typacl, 'T', t.typtype::text from pg_type t join schemas s on s.oid = t.typnamespace where t.typtype in ('e', 'c', 'd')
       union all
       select 'policy', format('%s on %s', p.polname, p.polrelid::regclass), c.relowner, null, 'r',
         format('%s %s %s %s %s', p.polcmd, p.polpermissive, (select array_agg(pg_get_userbyid(r) order by 1) from unnest(p.polroles) r),
           pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
       from pg_policy p join pg_class c on c.oid = p.polrelid join schemas s on s.oid = c.relnamespace
       union all
       select 'default', d.defaclobjtype::text, d.defaclrole, d.defaclacl, d.defaclobjtype::text, '' from pg_default_acl d, owner where d.defaclrole = owner.oid
       union all
       select 'member', format('%s of %s', m.member::regrole, m.roleid::regrole), owner.oid, null, 'r', r.rolinherit::text
       from owner, pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname like 'almanac\\_%' and r.rolname ~ '_(viewer|operator|admin|server|worker)$'
     )
     select format('%s %s (%s) owner: %s, rights: %s', o.kind, o.name, o.facts, case when o.owner = owner.oid then 'owner' else pg_get_userbyid(o.owner)::text end,
       array(select format('%s %s%s', case a.grantee when 0 then 'public' when owner.oid then 'owner' else pg_get_userbyid(a.grantee)::text end, a.privilege_type, case when a.is_grantable then '*' end)
         from aclexplode(coalesce(o.acl, acldefault(o.type::"char", o.owner))) a where a.privilege_type <> 'MAINTAIN' order by 1)) as line
     from ours o cross join owner order by 1`,
  )
  return rows.map(({ line }) => line)
}
