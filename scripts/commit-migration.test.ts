import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getSettingsFromJSON } from 'graphile-migrate/dist/commands/_common.js'
import { getAllMigrations } from 'graphile-migrate/dist/migration.js'
import { parseSettings } from 'graphile-migrate/dist/settings.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MIGRATIONS_FOLDER } from '../process/migrationRecord.ts'

const SCRIPT = join(import.meta.dirname, 'commit-migration.ts')

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'almanac-commit-test-'))
  await mkdir(join(root, 'migrations'))
  await mkdir(join(root, 'functions'))
  await writeFile(
    join(root, 'functions/one.sql'),
    'create function public.one() returns int language sql return 1;\n',
  )
})
afterAll(() => rm(root, { recursive: true }))

function commit(...args: string[]) {
  return spawnSync(process.execPath, [SCRIPT, '--folder', join(root, 'migrations'), ...args], {
    encoding: 'utf8',
  })
}

test('a migration that fails on an empty database is not committed', async () => {
  await writeFile(join(root, 'migrations/current.sql'), 'select 1 / 0;\n')

  const { status, stderr } = commit('Divide')

  expect(status).toBe(1)
  expect(stderr).toContain('division by zero')
  expect(await readdir(join(root, 'migrations/committed'))).toEqual([])
})

test('a migration in the making becomes a numbered one, with what it includes, on top of Graphile Worker', async () => {
  await writeFile(
    join(root, 'migrations/current.sql'),
    '--!include functions/one.sql\ncreate table public.t as select count(*) from graphile_worker.jobs;\n',
  )

  const { status } = commit('Add one')

  expect(status).toBe(0)
  expect(await readFile(join(root, 'migrations/committed/000001-add-one.sql'), 'utf8')).toContain(
    'returns int',
  )
  expect(commit('Again').stderr).toContain('current.sql is empty')
})

test('.gmrc names the folder that almanac migrate reads, and the migrations there are ones of graphile-migrate', async () => {
  const path = join(import.meta.dirname, '../.gmrc')
  const { migrationsFolder } = await getSettingsFromJSON(path)
  const settings = await parseSettings({
    connectionString: 'postgres://nowhere/almanac',
    migrationsFolder: join(path, '..', migrationsFolder!),
  })

  expect(settings.migrationsFolder).toBe(MIGRATIONS_FOLDER)
  expect((await getAllMigrations(settings)).map(({ realFilename }) => realFilename)).toContain(
    '000001-baseline.sql',
  )
})
