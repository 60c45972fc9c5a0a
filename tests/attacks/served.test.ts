import { expect, it } from 'vitest'
import { useTestDatabase } from '../database/useTestDatabase.ts'

/** All that is served over SQL, by role: what a role has beyond this table is found, whatever a migration adds. */
const WRITES = {
  plain: '',
  viewer: '',
  server: '',
  operator:
    'calendar_entries calendar_rules exclusion_calendars schedules: insert by column update by column',
  admin:
    'calendar_entries calendar_rules exclusion_calendars schedules users: delete insert by column update, known_tasks tasks: insert update',
  worker: 'graphile_worker: delete insert update',
} as const
type Role = keyof typeof WRITES

/** Functions that may write and that a viewer may call: each asks who calls. */
const MUST_ASK_WHO_CALLS = [
  'adopt',
  'change_own_settings',
  'delete_resource_group',
  'disable_task',
  'enable_task',
  'pause_all',
  'purge',
  'recompute',
  'reconcile',
  'register_task',
  'replan_from_now',
  'require_role',
  'resume_all',
  'set_resource_group',
  'set_retention',
  'set_task_resource_group',
]

const SCHEMAS = `('almanac', 'almanac_private', 'almanac_migrate', 'graphile_worker')`

const db = useTestDatabase()

it.each(Object.entries(WRITES) as [Role, string][])(
  '%s writes to nothing but: %s',
  async (role, expected) => {
    const rows = await db.query<{ tables: string; rights: string }>(
      `select string_agg(name, ' ' order by name) as tables, rights from (
       select case n.nspname when 'graphile_worker' then n.nspname else c.relname end as name,
         string_agg(w.verb || case when has_table_privilege($1, c.oid, w.verb) then '' else ' by column' end, ' ' order by w.verb) as rights
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       cross join unnest(array['insert', 'update', 'delete', 'truncate', 'trigger', 'references']) w(verb)
       where n.nspname in ${SCHEMAS} and c.relkind in ('r', 'p', 'v', 'm', 'f')
         and (has_table_privilege($1, c.oid, w.verb)
           or (w.verb in ('insert', 'update', 'references') and has_any_column_privilege($1, c.oid, w.verb)))
       group by n.nspname, c.relname, c.oid) t
     group by rights order by rights`,
      [`almanac_test_${role}`],
    )

    const found = rows.map(({ tables, rights }) => `${[...new Set(tables.split(' '))].join(' ')}: ${rights}`)
    expect(found.join(', ')).toBe(expected)
  },
)

it('no one but the owner may truncate, vacuum, refer to a table or put a trigger on one', async () => {
  expect(
    await db.query(
      `select c.oid::regclass::text, a.grantee::regrole::text, a.privilege_type from pg_class c cross join lateral aclexplode(c.relacl) a
       where c.relnamespace::regnamespace::text in ${SCHEMAS} and c.relkind in ('r', 'p', 'v') and a.grantee <> c.relowner
         and (a.is_grantable or a.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))`,
    ),
  ).toEqual([])
})

it('no login but the owner draws from a sequence, or moves it', async () => {
  expect(
    await db.query(
      `select r.rolname, c.oid::regclass::text from pg_roles r, pg_class c
       where r.rolname ~ '^almanac_test_' and r.rolname not in ('almanac_test_owner', 'almanac_test_worker') and c.relkind = 'S'
         and c.relnamespace::regnamespace::text in ${SCHEMAS} and has_sequence_privilege(r.oid, c.oid, 'usage, update')`,
    ),
  ).toEqual([])
})

it('a login without a role uses no schema, and so nothing in it', async () => {
  expect(
    await db.query(
      `select nspname from pg_namespace where nspname in ${SCHEMAS} and has_schema_privilege('almanac_test_plain', oid, 'usage, create')`,
    ),
  ).toEqual([])
})

it('the server, before it has taken on the role of a user, reads no table but the record of migrations', async () => {
  expect(
    await db.query(
      `select c.oid::regclass::text as name from pg_class c where c.relnamespace::regnamespace::text in ${SCHEMAS} and c.relkind in ('r', 'p', 'v')
         and has_any_column_privilege('almanac_test_server', c.oid, 'select')`,
    ),
  ).toEqual([{ name: 'almanac_migrate.migrations' }])
})

it('a viewer calls no function that may write, but for those that ask first whether it is an admin, or who it is', async () => {
  const rows = await db.query<{ name: string; asks: boolean }>(
    `select p.proname as name, p.prosrc ~ 'check_admin|current_user_id' as asks from pg_proc p join pg_language l on l.oid = p.prolang
     where p.pronamespace::regnamespace::text in ${SCHEMAS} and l.lanname <> 'c' and p.provolatile = 'v'
       and has_schema_privilege('almanac_test_viewer', p.pronamespace, 'usage') and has_function_privilege('almanac_test_viewer', p.oid, 'execute')
     order by 1`,
  )

  expect(rows.map(({ name }) => name)).toEqual(MUST_ASK_WHO_CALLS)
  expect(rows.filter(({ name, asks }) => !asks && name !== 'register_task')).toEqual([])
})

it.each(['viewer', 'operator', 'admin', 'server'])(
  '%s calls no function of the engine: none that workers call, and that not everyone does',
  async (role) => {
    expect(
      await db.query(
        `select p.oid::regprocedure::text as name from pg_proc p join pg_language l on l.oid = p.prolang
         where p.pronamespace = 'almanac_private'::regnamespace and l.lanname <> 'c' and p.provolatile = 'v'
           and has_function_privilege('almanac_worker', p.oid, 'execute') and not has_function_privilege('almanac_operator', p.oid, 'execute')
           and has_function_privilege($1, p.oid, 'execute') and p.proname not in ('lock_holders', 'health')`,
        [`almanac_test_${role}`],
      ),
    ).toEqual([])
  },
)

it('nothing is for everyone: no function, table, column or type, but for the operator classes of PostgreSQL’s own extension', async () => {
  const open = (from: string, acl: string, kind: string) =>
    `select ${from}::text from ${kind} cross join lateral aclexplode(coalesce(${acl})) a where a.grantee = 0`
  expect(
    await db.query(
      [
        open(
          'p.oid::regprocedure',
          `p.proacl, acldefault('f', p.proowner)`,
          `(select * from pg_proc where pronamespace::regnamespace::text in ('almanac', 'almanac_private', 'almanac_migrate')
             and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = pg_proc.oid and d.deptype = 'e')) p`,
        ),
        open(
          'c.oid::regclass',
          `c.relacl, acldefault('r', c.relowner)`,
          `(select * from pg_class where relnamespace::regnamespace::text in ${SCHEMAS}) c`,
        ),
        open('n.nspname', 'n.nspacl', `(select * from pg_namespace where nspname in ${SCHEMAS}) n`),
        open(
          `t.attrelid::regclass || '.' || t.attname`,
          't.attacl',
          `(select t.* from pg_attribute t join pg_class c on c.oid = t.attrelid where c.relnamespace::regnamespace::text in ${SCHEMAS}) t`,
        ),
      ].join(' union all '),
    ),
  ).toEqual([])
})
