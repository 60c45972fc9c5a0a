import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { getSettingsFromJSON } from 'graphile-migrate/dist/commands/_common.js'
import { hasCurrent, readCurrent } from '../cli/currentMigration.ts'
import { startCluster } from '../cli/embedded/cluster.ts'
import { applyMigrations } from '../cli/migrations.ts'
import { describeError } from '../process/log.ts'
import { readMigrations } from '../process/migrationRecord.ts'
import { committed } from './migrations/committed.ts'

/** Turns sql/migrations/current.sql into the next committed migration, after trying it on an empty database. */
async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { folder: { type: 'string' } },
  })
  const migrationsFolder = resolve(values.folder ?? (await folderOfSettings()))
  const message = positionals.join(' ')
  if (message === '') throw new Error('Say what the migration does: npm run db:commit -- "Add calendars"')
  if (!(await hasCurrent(migrationsFolder)))
    throw new Error('current.sql is empty: there is nothing to commit.')

  await tryOut(migrationsFolder)
  const previous = (await readMigrations(migrationsFolder)).at(-1) ?? null
  const { name, text } = committed(await readCurrent(migrationsFolder), message, previous)
  await writeFile(join(migrationsFolder, 'committed', name), text)
  await writeFile(join(migrationsFolder, 'current.sql'), '-- The next migration, in the making.\n')
}

/** Where .gmrc, which graphile-migrate's own commands read too, says that migrations are. */
async function folderOfSettings(): Promise<string> {
  const root = join(import.meta.dirname, '..')
  const { migrationsFolder } = await getSettingsFromJSON(join(root, '.gmrc'))
  if (migrationsFolder === undefined) throw new Error('.gmrc has no migrationsFolder.')
  return join(root, migrationsFolder)
}

async function tryOut(migrationsFolder: string): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'almanac-commit-'))
  try {
    const cluster = await startCluster({ dataDir, temporary: true, log: () => undefined })
    try {
      const { connectionString } = cluster
      await applyMigrations({ connectionString, migrationsFolder, withCurrent: true, withRights: false })
    } finally {
      await cluster.stop()
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

try {
  await main()
} catch (error) {
  console.error(describeError(error))
  process.exitCode = 1
}
