import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client, escapeIdentifier, type QueryResultRow } from 'pg'
import { startCluster } from '../cli/embedded/cluster.ts'
import { postgresPackage } from '../tests/database/postgresVersion.ts'
import { codeOf } from './firing/code.ts'

/** Migrated databases for a bench alone. */
export interface BenchDatabase {
  readonly connectionString: string
  /** Makes another one on the same server, by the migrations of the checkout in `folder`, and gives its URL. */
  another(folder?: string): Promise<string>
  remove(): Promise<void>
}

/** As durable as a real one: the embedded module's temporary clusters are not. */
const DURABLE = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' }

/** A new database on the server of `serverUrl`, otherwise on an embedded one made for it, of `version`. */
export async function openBenchDatabase({
  serverUrl,
  version,
}: {
  serverUrl: string | undefined
  version: string | undefined
}): Promise<BenchDatabase> {
  if (serverUrl && version)
    throw new Error('--postgres chooses an embedded PostgreSQL: unset ALMANAC_BENCH_DATABASE_URL.')
  const server = serverUrl
    ? { url: serverUrl, stop: () => Promise.resolve() }
    : await startEmbedded(postgresPackage(version))
  const made: string[] = []

  async function another(folder?: string): Promise<string> {
    const name = `almanac_bench_${process.pid}_${made.length}`
    await query(server.url, `create database ${escapeIdentifier(name)}`)
    made.push(name)
    const url = new URL(server.url)
    url.pathname = `/${name}`
    const { applyMigrations } = await codeOf(folder)
    await applyMigrations({ connectionString: url.href, withCurrent: true })
    return url.href
  }

  async function remove(): Promise<void> {
    for (const name of made) await query(server.url, `drop database ${escapeIdentifier(name)} with (force)`)
    await server.stop()
  }

  try {
    return { connectionString: await another(), another, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

async function startEmbedded(folder: string | undefined) {
  const dataDir = await mkdtemp(join(tmpdir(), 'almanac-bench-'))
  const cluster = await startCluster({
    dataDir,
    temporary: true,
    settings: DURABLE,
    log: () => undefined,
    ...(folder && { postgresPackage: folder }),
  })
  return {
    url: cluster.connectionString,
    async stop() {
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

/** Runs one statement on a connection of its own. */
export function query<Row extends QueryResultRow>(
  connectionString: string,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return withClient(connectionString, async (client) => (await client.query<Row>(text, values)).rows)
}

/** The first column of the first row. */
export async function value<T>(client: Client, text: string, values: unknown[] = []): Promise<T> {
  const { rows } = await client.query<[T]>({ text, values, rowMode: 'array' })
  if (!rows[0]) throw new Error(`No row: ${text}`)
  return rows[0][0]
}

/** Asks every `pause` ms until the answer is true. */
export async function untilTrue(
  client: Client,
  text: string,
  values: unknown[],
  pause: number,
): Promise<void> {
  while (!(await value<boolean>(client, text, values))) await delay(pause)
}
