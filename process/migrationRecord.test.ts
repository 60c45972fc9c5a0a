import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Logger, migrate } from 'graphile-migrate'
import { calculateHash } from 'graphile-migrate/dist/hash.js'
import { clearAllPools } from 'graphile-migrate/dist/pg.js'
import type { QueryResultRow } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  createEmptyDatabase,
  createTestDatabase,
  type OwnTestDatabase,
} from '../tests/database/createTestDatabase.ts'
import type { Query } from './query.ts'
import { schemaProblem } from './migrationRecord.ts'
import { applyMigrations } from '../cli/migrations.ts'
import { withLater } from '../cli/testing/laterMigrations.ts'

let root: string
let db: OwnTestDatabase
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'almanac-record-'))
  await mkdir(join(root, 'committed'))
  let previous: string | null = null
  for (const number of [1, 2]) {
    const body = `create table public.shop_${number} ();\n`
    const hash: string = calculateHash(body, previous)
    const header = `--! Previous: ${previous ?? '-'}\n--! Hash: ${hash}\n`
    await writeFile(join(root, `committed/00000${number}.sql`), `${header}\n${body}`)
    previous = hash
  }
})
afterAll(() => rm(root, { recursive: true }))
beforeEach(async () => {
  db = await createEmptyDatabase()
})
afterEach(async () => {
  // graphile-migrate keeps its connections for a moment, and ends the process when one of them breaks.
  clearAllPools()
  await expect
    .poll(() =>
      db.query(`select from pg_stat_activity where datname = current_database() and application_name = ''`),
    )
    .toHaveLength(1)
  await db.drop()
})

const almanac = () => applyMigrations({ connectionString: db.connectionString })
/** What `graphile-migrate migrate` does for an application. */
const graphileMigrate = (migrationsFolder: string) =>
  migrate({
    connectionString: db.connectionString,
    migrationsFolder,
    logger: new Logger(() => () => undefined),
  })
const hosts = async () =>
  (await db.query<{ filename: string }>('select filename from graphile_migrate.migrations order by 1')).map(
    ({ filename }) => filename,
  )
const found = async () =>
  (
    await db.query(
      `select to_regclass('public.shop_2') is not null as shop, to_regclass('almanac.schedules') is not null as almanac`,
    )
  )[0]
const problem = () => schemaProblem(db.query)

test.each([
  ['before', [almanac, () => graphileMigrate(root)]],
  ['after', [() => graphileMigrate(root), almanac]],
])(
  'an application that uses graphile-migrate itself migrates %s Almanac, and again',
  async (_when, steps) => {
    for (const step of [...steps, ...steps]) await step()

    expect(await found()).toEqual({ shop: true, almanac: true })
    expect(await hosts()).toEqual(['000001.sql', '000002.sql'])
  },
)

test('a database without Almanac is told from one of an older and one of a newer version', async () => {
  expect(await problem()).toMatch(
    /^The database almanac_test_\w+ does not contain Almanac\. Run "npx almanac migrate"/,
  )

  await almanac()
  expect(await problem()).toBeNull()
  const newer = await withLater('select 1;\n')
  expect(await schemaProblem(db.query, newer)).toMatch(
    /was migrated by an older Almanac than this program: 1 migration is missing\. Run "npx almanac migrate"\.$/,
  )

  await applyMigrations({ connectionString: db.connectionString, migrationsFolder: newer })
  expect(await schemaProblem(db.query, newer)).toBeNull()
  expect(await problem()).toMatch(
    /^The database was migrated by a newer Almanac than this program, which does not know the migration 000002\.sql/,
  )
  await rm(newer, { recursive: true })
})

test('an older program leaves a newer database alone', async () => {
  await almanac()
  await db.query(
    `insert into almanac_migrate.migrations (hash, filename) values ('sha1:of another time', '000099.sql')`,
  )

  await expect(almanac()).rejects.toThrow('does not know the migration 000099.sql')
})

test('a migration that was changed after it was committed is not run', async () => {
  const changed = await mkdtemp(join(tmpdir(), 'almanac-changed-'))
  await mkdir(join(changed, 'committed'))
  await writeFile(join(changed, 'committed/000001.sql'), '--! Previous: -\n--! Hash: sha1:0\n\nselect 1;\n')

  await expect(
    applyMigrations({ connectionString: db.connectionString, migrationsFolder: changed }),
  ).rejects.toThrow('The migration 000001.sql was changed after it was committed')
  await rm(changed, { recursive: true })
})

test.each(['server', 'worker'] as const)(
  'the login of a %s may see which migrations there are',
  async (login) => {
    const migrated = await createTestDatabase()
    const client = await migrated.connect(login)

    const query: Query = async <Row extends QueryResultRow>(text: string) =>
      (await client.query<Row>(text)).rows

    expect(await schemaProblem(query)).toBeNull()
    await migrated.drop()
  },
)
