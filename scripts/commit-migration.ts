import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { commit } from 'graphile-migrate'
import { runMigrations } from 'graphile-worker'
import { Client } from 'pg'
import { startCluster } from '../cli/embedded/cluster.ts'
import { MIGRATIONS_FOLDER } from '../process/migrationRecord.ts'
import { hasCurrent } from '../cli/migrations.ts'
import { describeError } from '../process/log.ts'

/** Turns sql/migrations/current.sql into the next committed migration, after trying it on an empty database. */
async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { folder: { type: 'string', default: MIGRATIONS_FOLDER } },
  })
  const migrationsFolder = resolve(values.folder)
  const message = positionals.join(' ')
  if (message === '') throw new Error('Say what the migration does: npm run db:commit -- "Add calendars"')
  if (!(await hasCurrent(migrationsFolder)))
    throw new Error('current.sql is empty: there is nothing to commit.')

  const dataDir = await mkdtemp(join(tmpdir(), 'almanac-commit-'))
  const cluster = await startCluster({ dataDir, temporary: true, log: () => undefined })
  const urlOf = (database: string) =>
    Object.assign(new URL(cluster.connectionString), { pathname: `/${database}` }).href
  try {
    await createDatabase(urlOf('almanac'), 'shadow')
    await runMigrations({ connectionString: urlOf('almanac') })
    await commit(
      {
        connectionString: urlOf('almanac'),
        shadowConnectionString: urlOf('shadow'),
        rootConnectionString: urlOf('postgres'),
        migrationsFolder,
        blankMigrationContent: '-- The next migration, in the making.\n',
        afterReset: [{ _: 'command', command: workerMigrations() }],
      },
      message,
    )
    await readableByAll(join(migrationsFolder, 'committed'))
  } finally {
    await untilAlone(urlOf('almanac'))
    await cluster.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** graphile-migrate keeps its connections for a moment, and ends the process if the database goes away meanwhile. */
async function untilAlone(connectionString: string): Promise<void> {
  const client = new Client({ connectionString })
  await client.connect()
  const others = `select from pg_catalog.pg_stat_activity where usename = session_user and pid <> pg_catalog.pg_backend_pid()`
  while ((await client.query(others)).rowCount) await delay(20)
  await client.end()
}

/** graphile-migrate makes the file unreadable for others than its owner. */
async function readableByAll(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await chmod(join(folder, name), 0o644)
}

async function createDatabase(connectionString: string, name: string): Promise<void> {
  const client = new Client({ connectionString })
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
}

/** graphile-migrate recreates the shadow database, without Graphile Worker's schema, and runs this with GM_DBURL. */
function workerMigrations(): string {
  const script = `import { runMigrations } from 'graphile-worker'; await runMigrations({ connectionString: process.env.GM_DBURL })`
  return `"${process.execPath}" --input-type=module --eval "${script}"`
}

try {
  await main()
} catch (error) {
  console.error(describeError(error))
  process.exitCode = 1
}
