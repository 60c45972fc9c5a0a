import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { TestProject } from 'vitest/node'
import { startCluster } from '../../cli/embedded/cluster.ts'
import { postgresPackage } from './postgresVersion.ts'
import { prepareTemplate, type TestServer } from './template.ts'

interface Shared {
  users: number
  readonly started: Promise<{ server: TestServer; stop: () => Promise<void> }>
}

const KEY = Symbol.for('almanac.testServer')
const shelf = globalThis as { [KEY]?: Shared }

/** One server for the whole run, however many projects of Vitest ask for it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = (shelf[KEY] ??= { users: 0, started: start() })
  shared.users++
  project.provide('testServer', (await shared.started).server)
  return async () => {
    if (--shared.users > 0) return
    delete shelf[KEY]
    await (await shared.started).stop()
  }
}

async function start() {
  const url = process.env['ALMANAC_TEST_DATABASE_URL']
  const version = process.env['ALMANAC_TEST_POSTGRES']
  if (url) {
    await tellVersion(url, version)
    return { server: await prepareTemplate(url), stop: () => Promise.resolve() }
  }

  const folder = postgresPackage(version)
  const dataDir = await mkdtemp(join(tmpdir(), 'almanac-test-'))
  const cluster = await startCluster({
    dataDir,
    temporary: true,
    log: () => undefined,
    ...(folder && { postgresPackage: folder }),
  })
  try {
    await tellVersion(cluster.adminConnectionString, version)
  } catch (error) {
    await cluster.stop()
    throw error
  }
  return {
    server: await prepareTemplate(cluster.adminConnectionString),
    stop: async () => {
      await cluster.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Says which PostgreSQL is tested; one that is not the version asked for is refused. */
async function tellVersion(connectionString: string, wanted: string | undefined): Promise<void> {
  const client = new Client({ connectionString })
  await client.connect()
  const { rows } = await client.query<{ version: string }>(
    `select pg_catalog.current_setting('server_version') as version`,
  )
  await client.end()
  const version = rows[0]?.version ?? ''
  if (wanted && version.split('.')[0] !== wanted)
    throw new Error(`PostgreSQL ${wanted} was to be tested, and this is ${version}. Run "npm ci".`)
  console.log(`Tested on PostgreSQL ${version}`)
}
