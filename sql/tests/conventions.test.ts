import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

const OURS = `('almanac'::regnamespace, 'almanac_private'::regnamespace)`
/** Not from an extension that lives in our schema. */
const own = (alias: string, catalog: string) =>
  `not exists (select from pg_depend d where d.classid = '${catalog}'::regclass and d.objid = ${alias}.oid and d.deptype = 'e')`
const FUNCTIONS = join(import.meta.dirname, '../functions')
/** By their paths below sql/functions. */
async function functionFiles(): Promise<string[]> {
  const entries = await readdir(FUNCTIONS, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(FUNCTIONS, join(entry.parentPath, entry.name)))
    .sort()
}
const offenders = async (query: string) => (await db.query<{ name: string }>(query)).map((row) => row.name)

it('every table, column and function of the API has a comment', async () => {
  expect(
    await offenders(`
      select c.oid::regclass::text as name from pg_class c
      where c.relnamespace = 'almanac'::regnamespace and c.relkind in ('r', 'p', 'v') and obj_description(c.oid, 'pg_class') is null
      union all
      select c.oid::regclass || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = 'almanac'::regnamespace and c.relkind in ('r', 'p', 'v') and col_description(c.oid, a.attnum) is null
      union all
      select p.oid::regprocedure::text from pg_proc p where p.pronamespace in ${OURS} and ${own('p', 'pg_proc')} and obj_description(p.oid, 'pg_proc') is null
      union all
      select t.oid::regtype::text from pg_type t where t.typnamespace = 'almanac'::regnamespace and t.typtype = 'e' and obj_description(t.oid, 'pg_type') is null`),
  ).toEqual([])
})

it('every table has row security', async () => {
  expect(
    await offenders(
      `select c.oid::regclass::text as name from pg_class c where c.relnamespace in ${OURS} and c.relkind in ('r', 'p') and not c.relrowsecurity`,
    ),
  ).toEqual([])
})

it('every table has a key by which replication finds its rows, as a publication may be for all tables', async () => {
  expect(
    await offenders(
      `select c.oid::regclass::text as name from pg_class c
       where c.relnamespace::regnamespace::text in ('almanac', 'almanac_private', 'almanac_migrate')
         and c.relkind in ('r', 'p') and c.relreplident <> 'f'
         and not exists (
           select from pg_index i
           where i.indrelid = c.oid and case c.relreplident when 'd' then i.indisprimary else i.indisreplident end)`,
    ),
  ).toEqual([])
})

it('no function is open to everyone', async () => {
  expect(
    await offenders(
      `select p.oid::regprocedure::text as name from pg_proc p
       where p.pronamespace in ${OURS} and ${own('p', 'pg_proc')} and (p.proacl is null or exists (select from aclexplode(p.proacl) a where a.grantee = 0))`,
    ),
  ).toEqual([])
})

it('every PL/pgSQL and every definer function pins its search path, temporary objects last', async () => {
  expect(
    await offenders(
      `select p.oid::regprocedure::text as name from pg_proc p join pg_language l on l.oid = p.prolang
       where p.pronamespace in ${OURS} and ${own('p', 'pg_proc')} and (l.lanname = 'plpgsql' or p.prosecdef)
         and not coalesce('search_path=pg_catalog, pg_temp' = any (p.proconfig), false)`,
    ),
  ).toEqual([])
})

it('every function that rules out kinds of plans rules out compiling them, which their cost would bring about', async () => {
  expect(
    await offenders(
      `select p.oid::regprocedure::text as name from pg_proc p
       where p.pronamespace in ${OURS} and array_to_string(p.proconfig, ' ') ~ 'enable_' and not 'jit=off' = any (p.proconfig)`,
    ),
  ).toEqual([])
})

it('the API has no overloads, which GraphQL could not tell apart', async () => {
  expect(
    await offenders(
      `select p.proname as name from pg_proc p where p.pronamespace = 'almanac'::regnamespace group by p.proname having count(*) > 1`,
    ),
  ).toEqual([])
})

it('every foreign key is indexed', async () => {
  expect(
    await offenders(
      `select c.conrelid::regclass || '.' || c.conname as name from pg_constraint c
       where c.contype = 'f' and c.connamespace in ${OURS}
         and not exists (select from pg_index i where i.indrelid = c.conrelid and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)`,
    ),
  ).toEqual([])
})

it('every function file is in one of the folders that ARCHITECTURE.md describes', async () => {
  const architecture = await readFile(join(import.meta.dirname, '../../ARCHITECTURE.md'), 'utf8')
  const described = [...architecture.matchAll(/^\| `functions\/(\w+)\/` /gm)].map((match) => match[1])

  const folders = new Set((await functionFiles()).map((file) => dirname(file)))
  expect([...folders].sort()).toEqual(described.sort())
})

it('every function file holds the one function it is named for', async () => {
  const misnamed: string[] = []
  for (const file of await functionFiles()) {
    const text = await readFile(join(FUNCTIONS, file), 'utf8')
    const created = [
      ...text.matchAll(
        /create (?:or replace function|type|or replace trigger) (?:almanac_private|almanac)?\.?(\w+)/g,
      ),
    ].map((match) => match[1])
    const named = basename(file, '.sql')
    if (!text.includes('create or replace trigger') && (created.length !== 1 || created[0] !== named))
      misnamed.push(file)
  }

  expect(misnamed).toEqual([])
})

// By a trigger it would be one place, and a statement more in each recording of what a worker has done.
it('a function that ends runs takes them out of live_runs itself', async () => {
  const forgetful = await offenders(
    `select p.proname as name from pg_proc p
     where p.pronamespace in ${OURS} and p.prosrc ~ 'update almanac\\.runs' and p.prosrc ~ 'finished_at = '
       and p.prosrc !~ 'delete from almanac_private\\.live_runs'`,
  )

  expect(forgetful).toEqual([])
})

it('no line of a function file is longer than 120 characters', async () => {
  const long: string[] = []
  for (const file of await functionFiles()) {
    const lines = (await readFile(join(FUNCTIONS, file), 'utf8')).split('\n')
    // The names of time zones are data, generated from tables of others.
    if (!file.endsWith('timezone_names.sql'))
      lines.forEach((line, index) => [...line].length > 120 && long.push(`${file}:${String(index + 1)}`))
  }

  expect(long).toEqual([])
})

it('docs/error-codes.md lists the codes that functions raise, and no others', async () => {
  const raised = await db.query<{ code: string }>(
    `select distinct m[1] as code from pg_proc p, regexp_matches(p.prosrc, '''(AL[0-9]{3})''', 'g') m where p.pronamespace in ${OURS} order by 1`,
  )
  const listed = (await readFile(join(import.meta.dirname, '../../docs/error-codes.md'), 'utf8')).matchAll(
    /^\| `(AL\d{3})`/gm,
  )

  expect([...listed].map((match) => match[1])).toEqual(raised.map((row) => row.code))
})

it('what a function file says is what the migrations installed', async () => {
  const print = `select p.oid::regprocedure::text as name, pg_get_functiondef(p.oid) as definition, obj_description(p.oid, 'pg_proc') as comment
                 from pg_proc p where p.pronamespace in ${OURS} and ${own('p', 'pg_proc')} and p.prokind = 'f' order by 1`
  const installed = await db.query(print)

  const client = await db.pool.connect()
  await client.query('begin; set local check_function_bodies to off')
  for (const file of await functionFiles()) {
    await client.query(await readFile(join(FUNCTIONS, file), 'utf8'))
  }
  const { rows: written } = await client.query(print)
  await client.query('rollback')
  client.release()

  expect(written).toEqual(installed)
})
