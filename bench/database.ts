import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, escapeIdentifier } from 'pg'
import { startCluster } from '../cli/embedded/cluster.ts'
import { applyMigrations } from '../cli/migrations.ts'

/** A migrated database for a bench alone. */
export interface BenchDatabase {
  readonly connectionString: string
  remove(): Promise<void>
}

/** As durable as a real one: the embedded module's temporary clusters are not. */
const DURABLE = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' }

/** A new database on the server of `serverUrl`, else on an embedded one made for it. */
export async function makeBenchDatabase(serverUrl: string | undefined): Promise<BenchDatabase> {
  const database = serverUrl ? await databaseOn(serverUrl) : await embeddedDatabase()
  try {
    await applyMigrations({ connectionString: database.connectionString, withCurrent: true })
  } catch (error) {
    await database.remove()
    throw error
  }
  return database
}

async function databaseOn(serverUrl: string): Promise<BenchDatabase> {
  const name = `almanac_bench_${process.pid}`
  await withClient(serverUrl, (client) => client.query(`create database ${escapeIdentifier(name)}`))
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return {
    connectionString: url.href,
    async remove() {
      await withClient(serverUrl, (client) =>
        client.query(`drop database ${escapeIdentifier(name)} with (force)`),
      )
    },
  }
}

async function embeddedDatabase(): Promise<BenchDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'almanac-bench-'))
  const cluster = await startCluster({ dataDir, temporary: true, settings: DURABLE, log: () => undefined })
  return {
    connectionString: cluster.connectionString,
    async remove() {
      await cluster.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Runs `use` with a connection of its own. */
export async function withClient<T>(
  connectionString: string,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({ connectionString, application_name: 'almanac bench' })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
