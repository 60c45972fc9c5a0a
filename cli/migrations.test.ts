import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEmptyDatabase, type OwnTestDatabase } from '../tests/database/createTestDatabase.ts'
import { hasCurrent } from './currentMigration.ts'
import { applyMigrations } from './migrations.ts'

let db: OwnTestDatabase
let root: string
let migrationsFolder: string
beforeAll(async () => {
  db = await createEmptyDatabase()
  root = await mkdtemp(join(tmpdir(), 'almanac-migrations-'))
  migrationsFolder = join(root, 'migrations')
  await mkdir(join(migrationsFolder, 'committed'), { recursive: true })
})
afterAll(async () => {
  await db.drop()
  await rm(root, { recursive: true })
})

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), text)
}

const apply = (withCurrent: boolean) =>
  applyMigrations({ connectionString: db.connectionString, migrationsFolder, withCurrent })

test('Graphile Worker has its schema, with nothing of our own yet', async () => {
  await apply(false)

  expect(await db.query(`select to_regclass('graphile_worker.jobs') is not null as found`)).toEqual([
    { found: true },
  ])
})

test('several that migrate at once wait for each other', async () => {
  await Promise.all([apply(false), apply(false), apply(false)])
})

test('however short the database would have them wait', async () => {
  await db.query(
    `do $$ begin execute format('alter database %I set lock_timeout = 20', current_database()); end $$`,
  )

  await Promise.all([apply(false), apply(false), apply(false)])

  await db.query(
    `do $$ begin execute format('alter database %I reset lock_timeout', current_database()); end $$`,
  )
})

test('a migration in the making is applied only when asked for, with the files it includes', async () => {
  await write('functions/answer.sql', 'create function public.answer() returns int language sql return 42;\n')
  await write('migrations/current.sql', '-- Why.\n--!include functions/answer.sql\n')

  await apply(false)
  expect(await db.query(`select to_regproc('public.answer') as found`)).toEqual([{ found: null }])

  await apply(true)
  expect(await db.query('select public.answer()')).toEqual([{ answer: 42 }])
})

test('a file that is not there is named', async () => {
  await write('migrations/current.sql', '--!include functions/question.sql\n')

  await expect(apply(true)).rejects.toThrow(
    'current.sql includes functions/question.sql, which does not exist.',
  )
})

test('comments are not a migration', async () => {
  await write('migrations/current.sql', '-- The next migration, in the making.\n\n')

  expect(await hasCurrent(migrationsFolder)).toBe(false)
})

test('a failing migration leaves nothing, and says why', async () => {
  await write('migrations/current.sql', 'create table public.half ();\nselect 1 / 0;\n')

  await expect(apply(true)).rejects.toThrow('division by zero')

  expect(await db.query(`select to_regclass('public.half') as found`)).toEqual([{ found: null }])
})

test('an advisory lock, which any login may take, stops no one from migrating', async () => {
  const other = await db.connect('plain')
  await other.query(
    `select pg_advisory_lock(hashtextextended(k, 0)) from unnest(array['almanac:migrate', 'almanac:partitions', 'almanac:timezones', 'almanac:sequences']) k`,
  )
  await write('migrations/current.sql', '-- The next migration, in the making.\n')

  await apply(false)

  await other.end()
})

test('who waits for another migration says for whom, and gives up in time', async () => {
  const other = await db.connect()
  await other.query(`set application_name to 'another'; begin; select from almanac_migrate.turn for update`)
  const told: string[] = []

  const waiting = applyMigrations({
    connectionString: db.connectionString,
    migrationsFolder,
    patience: 100,
    log: (message) => told.push(message),
  })

  await expect(waiting).rejects.toThrow(
    /^The migration waits for another migration: process \d+ of almanac_test_owner, another, in a transaction since .*It gave up/,
  )
  await other.query('rollback')
})

test('a migration that waits for a lock lets others go on, and is done once it is free', async () => {
  await db.query('create table public.read_by_all ()')
  await db.query('grant select on public.read_by_all to public')
  const reader = await db.connect('plain')
  await reader.query('begin; select from public.read_by_all')
  await write('migrations/current.sql', 'alter table public.read_by_all add column done boolean;\n')
  let freed: Promise<unknown> | undefined

  await applyMigrations({
    connectionString: db.connectionString,
    migrationsFolder,
    withCurrent: true,
    log(message) {
      if (message.includes('current.sql')) freed ??= reader.query('rollback')
    },
  })

  await freed
  expect(freed).toBeDefined()
  expect(await db.query('select done from public.read_by_all')).toEqual([])
})
