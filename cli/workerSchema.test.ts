import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { createEmptyDatabase, type OwnTestDatabase } from '../tests/database/createTestDatabase.ts'
import { applyMigrations } from './migrations.ts'

const FOLDER = new URL('../sql/', import.meta.resolve('graphile-worker'))
const databases: OwnTestDatabase[] = []
let db: OwnTestDatabase

/** A database of an application that has the Graphile Worker of the schema's revision 18, which is 0.16. */
beforeEach(async () => {
  db = await createEmptyDatabase()
  databases.push(db)
  await db.query(`create schema graphile_worker;
    create table graphile_worker.migrations (id int primary key, ts timestamptz default now() not null, breaking boolean not null default false)`)
  for (const name of (await readdir(FOLDER)).sort().slice(0, 18)) {
    const text = await readFile(new URL(name, FOLDER), 'utf8')
    await db.query(text.replaceAll(':GRAPHILE_WORKER_SCHEMA', 'graphile_worker'))
    await db.query('insert into graphile_worker.migrations values ($1)', [Number(name.slice(0, 6))])
  }
})
afterAll(() => Promise.all(databases.map((database) => database.drop())))

const migrate = (upgradeGraphileWorker = false) =>
  applyMigrations({ connectionString: db.connectionString, withCurrent: true, upgradeGraphileWorker })
const state = () =>
  db.query(`select max(id) as revision, to_regnamespace('almanac') is not null as installed,
    to_regnamespace('almanac_migrate') is not null as recorded from graphile_worker.migrations`)
const UNTOUCHED = [{ revision: 18, installed: false, recorded: false }]
const INSTALLED = [{ revision: 20, installed: true, recorded: true }]

test('a breaking revision is not crossed while an application has jobs, unless asked for', async () => {
  await db.query(`select graphile_worker.add_job('theirs')`)

  await expect(migrate()).rejects.toThrow(
    /at revision 18.* to 20, past 19: .*1 jobs of an application.*--upgrade-graphile-worker/s,
  )
  expect(await state()).toEqual(UNTOUCHED)
  await migrate(true)

  expect(await state()).toEqual(INSTALLED)
})

test('nor while a worker listens for jobs', async () => {
  const worker = await db.connect()
  await worker.query('LISTEN "jobs:insert"; LISTEN "worker:migrate";')

  await expect(migrate()).rejects.toThrow(/1 listening for jobs\n {2}process \d+/)
  expect(await state()).toEqual(UNTOUCHED)
  await worker.end()
})

test('it is crossed where the schema is there and no one uses it', async () => {
  await migrate()

  expect(await state()).toEqual(INSTALLED)
})

test('a database that has the revision already is migrated no matter who uses it', async () => {
  await migrate()
  await db.query(`select graphile_worker.add_job('theirs')`)
  const worker = await db.connect()
  await worker.query('LISTEN "jobs:insert"; LISTEN "worker:migrate";')

  await migrate()

  expect(await state()).toEqual(INSTALLED)
  await worker.end()
})
