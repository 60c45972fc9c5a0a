import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startCluster, type Cluster } from './embedded/cluster.ts'
import { applyMigrations } from './migrations.ts'

let dataDir: string
let cluster: Cluster
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'almanac-search-path-'))
  await chmod(dataDir, 0o711)
  cluster = await startCluster({ dataDir, temporary: true, log: () => undefined })
})
afterAll(async () => {
  await cluster.stop()
  await rm(dataDir, { recursive: true })
})
beforeEach(() => query('alter role almanac in database almanac reset search_path'))

/** Like someone who pastes the printed URL into psql: a connection of its own each time. */
async function query(...statements: string[]): Promise<unknown[]> {
  const client = new Client({ connectionString: cluster.connectionString })
  await client.connect()
  try {
    const results = []
    for (const statement of statements) results.push((await client.query<object>(statement)).rows)
    return results.at(-1) ?? []
  } finally {
    await client.end()
  }
}

async function migrate(): Promise<string[]> {
  const lines: string[] = []
  await applyMigrations({
    connectionString: cluster.connectionString,
    withCurrent: true,
    logins: { isTrial: true, log: (line) => lines.push(line) },
  })
  return lines
}

test('what a login named like our schema creates without a schema lands in public', async () => {
  expect(await migrate()).toEqual([])

  expect(
    await query(
      'create table mine (id int)',
      `select relnamespace::regnamespace::text as schema from pg_class where relname = 'mine'`,
    ),
  ).toEqual([{ schema: 'public' }])
})

test('what has landed in our schema before is named, with the statements that move it', async () => {
  await query(
    'create table almanac."Old sales" (id int generated always as identity)',
    'create view almanac.old_view as select 1',
    `create type almanac.mood as enum ('good')`,
    'create function almanac.cheer(almanac.mood, int default 1) returns int return 1',
  )

  const [line, ...others] = await migrate()

  expect(others).toEqual([])
  const statements = line!.match(/alter .*;/g)!
  expect(statements).toEqual([
    'alter table almanac."Old sales" set schema public;',
    'alter view almanac.old_view set schema public;',
    'alter routine almanac.cheer(almanac.mood, integer) set schema public;',
    'alter type almanac.mood set schema public;',
  ])
  await query(...statements)
  expect(await migrate()).toEqual([])
})

test('the rest of a search path stays as it is', async () => {
  await query(
    'create schema app',
    'alter role almanac in database almanac set search_path = app, "$user", public',
  )

  await migrate()

  expect(await query('show search_path')).toEqual([{ search_path: 'app, public' }])
})

test('a second time there is nothing to say', async () => {
  await migrate()

  expect(await migrate()).toEqual([])
})

test('what a dump without comments brought is not taken for what strayed in, which is named', async () => {
  await query(`do $$
    declare
      v_statement text;
    begin
      for v_statement in
        select format('comment on %s %s is null', t.kind, t.name)
        from (
          select case c.relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end, c.oid::regclass::text
          from pg_class c
          where c.relnamespace = 'almanac'::regnamespace and c.relkind in ('r', 'p', 'v', 'S')
          union all
          select 'function', p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'almanac'::regnamespace
          union all
          select 'type', t.oid::regtype::text from pg_type t where t.typnamespace = 'almanac'::regnamespace and t.typtype in ('e', 'd')
        ) t(kind, name)
      loop
        execute v_statement;
      end loop;
    end $$`)
  await query('alter role almanac in database almanac reset search_path')
  expect(await migrate()).toEqual([])

  await query(
    'alter role almanac in database almanac reset search_path',
    `create type almanac.taste as enum ('sour')`,
    'create table almanac.fruit (taste almanac.taste, weight int, price int generated always as (weight * 2) stored)',
  )
  const [line] = await migrate()

  expect(line?.match(/alter .*;/g)).toEqual([
    'alter table almanac.fruit set schema public;',
    'alter type almanac.taste set schema public;',
  ])
  await query(...line!.match(/alter .*;/g)!)
})
