import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { MIGRATIONS_FOLDER } from '../../process/migrationRecord.ts'
import { bringRights, differences } from './bringRights.ts'
import { printRights } from './printRights.ts'
import { readRights } from './rightsFile.ts'

const db = useTestDatabase()
let admin: Client
beforeAll(async () => {
  admin = new Client({ connectionString: db.adminConnectionString })
  await admin.connect()
})
afterAll(async () => {
  await admin.end()
})

const wrong = async () => differences(await readRights(), await printRights(admin))

test('sql/rights.sql says what the migrations grant', async () => {
  expect(await wrong()).toEqual([])
})

test('a column that was dropped has no rights, though the catalogue of older versions keeps them', async () => {
  await admin.query(`
    alter table almanac.omissions add column gone text;
    grant select (gone) on almanac.omissions to almanac_viewer;
    alter table almanac.omissions drop column gone`)

  expect(await wrong()).toEqual([])
})

test.each([
  'revoke all on almanac.schedules from almanac_viewer',
  'revoke usage on schema almanac from almanac_viewer',
  'grant usage on schema almanac_private to public',
  'grant insert on almanac.runs to almanac_operator',
  'grant update (status) on almanac.runs to almanac_viewer',
  'grant select on almanac.runs to almanac_viewer with grant option',
  'grant execute on all functions in schema almanac, almanac_private to public',
  'revoke all on all functions in schema almanac, almanac_private from almanac_worker',
  'alter table almanac.runs disable row level security',
  'alter table almanac.runs force row level security',
  'drop policy everyone_sees_schedules on almanac.schedules',
  'alter policy owners_change_schedules on almanac.schedules with check (true)',
  'alter policy everyone_sees_runs on almanac.runs to almanac_test_plain',
  'create policy open on almanac.schedules for all to public using (true)',
  'alter function almanac_private.begin_runs security invoker',
  'alter function almanac.schedule_cron security definer',
  'alter default privileges for role almanac_test_owner grant execute on functions to public',
  'grant select on almanac_private.runs_default to public; alter table almanac_private.runs_default disable row level security',
  'grant usage on sequence almanac.schedules_id_seq to almanac_viewer',
])('is put right: %s', async (statement) => {
  await admin.query(statement)
  const found = await wrong()

  await bringRights(admin, 'almanac_test_owner')

  expect(found).not.toEqual([])
  expect(await wrong()).toEqual([])
})

test('what a DBA gave roles of their own, and objects of their own, stay as they are', async () => {
  await admin.query(`
    grant select on almanac.schedules to almanac_test_plain;
    create policy reporting on almanac.schedules for select to almanac_test_plain using (true);
    create function almanac.of_the_dba() returns int language sql return 42;
    grant execute on function almanac.of_the_dba() to public`)

  await bringRights(admin, 'almanac_test_owner')

  const plain = await db.connect('plain')
  await admin.query('grant usage on schema almanac to almanac_test_plain')
  expect((await plain.query('select from almanac.schedules, almanac.of_the_dba()')).rowCount).toBe(0)
  expect((await admin.query(`select from pg_policies where policyname = 'reporting'`)).rowCount).toBe(1)
})

test('a migration recreates policies, as a restored database may have lost them', async () => {
  const files = (await readdir(join(MIGRATIONS_FOLDER, 'committed'))).filter((name) => name >= '000002')
  const paths = ['current.sql', ...files.map((name) => join('committed', name))]
  const texts = await Promise.all(paths.map((path) => readFile(join(MIGRATIONS_FOLDER, path), 'utf8')))

  expect(texts.join('').match(/alter policy|drop policy (?!if exists)/g)).toBeNull()
})
