import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { withQuery } from '../../cli/database.ts'
import { applyMigrations } from '../../cli/migrations.ts'
import { startServer, type RunningServer } from '../../server/main.ts'
import { startWorker, type Worker } from '../../worker/main.ts'
import { runAlmanac } from '../start/almanac.ts'
import { startDebianServer, type DebianServer, type Standby } from './debianPostgres.ts'

/** Time for another connection to be made, and for a schedule of every second to fire. */
const SOON = { timeout: 30_000, interval: 100 }

let primary: DebianServer
let standby: Standby
let url: string
let worker: Worker
let server: RunningServer
const log: string[] = []

beforeAll(async () => {
  primary = await startDebianServer()
  await withoutAlmanac('create database almanac')
  const own = Object.assign(new URL(primary.adminConnectionString), { pathname: '/almanac' }).href
  await applyMigrations({ connectionString: own, withCurrent: true, logins: { log: () => undefined } })
  standby = await primary.standby()
  url = own.replace(`127.0.0.1:${primary.port}`, `127.0.0.1:${standby.port},127.0.0.1:${primary.port}`)
  url += '?target_session_attrs=read-write'
  const parts = {
    connectionString: url,
    directUrl: url,
    log: (_level: string, text: string) => void log.push(text),
  }
  worker = await startWorker({ ...parts, concurrency: 2, taskDirectory: '/nowhere', heartbeatInterval: 200 })
  server = await startServer({ ...parts, host: '127.0.0.1', port: 0, webFolder: '/nowhere' })
})
afterAll(async () => {
  await server.close()
  await worker.close()
  await standby.stop()
  await primary.stop()
})

async function withoutAlmanac(statement: string): Promise<void> {
  const { Client } = await import('pg')
  const client = new Client({ connectionString: primary.adminConnectionString })
  await client.connect()
  await client.query(statement)
  await client.end()
}

const succeeded = () =>
  withQuery(url, async (query) => {
    const [row] = await query<{ count: number }>(
      `select count(*)::int from almanac.runs where status = 'succeeded' and task_identifier = 'almanac:sql'`,
    )
    return row!.count
  }).catch(() => 0)
const health = async () => (await fetch(`${server.url}/healthz`)).status

it('a URL with several hosts leads everything to the one that takes writes', async () => {
  await withQuery(url, (query) =>
    query(`select almanac.schedule_every('beat', '1 second', 'almanac:sql', '{"statement": "select 1"}')`),
  )

  await expect.poll(succeeded, SOON).toBeGreaterThan(1)
  expect(await health()).toBe(200)
  const dataDir = await mkdtemp(join(tmpdir(), 'almanac-hosts-'))
  const status = runAlmanac({ dataDir, args: ['status'], environment: { DATABASE_URL: url } })
  expect([await status.ended, status.output()]).toEqual([0, expect.stringContaining('leader')])
  await rm(dataDir, { recursive: true })
})

it('after a failover they follow, and the promoted standby is not a copy', async () => {
  await primary.postmaster.stop()
  await standby.promote()

  await expect.poll(succeeded, SOON).toBeGreaterThan(0)
  const before = await succeeded()
  await expect.poll(succeeded, SOON).toBeGreaterThan(before + 1)
  await expect.poll(health, SOON).toBe(200)
  expect(await withQuery(url, (query) => query('select almanac.copied_from()'))).toEqual([
    { copied_from: null },
  ])
  await worker.close()
  expect(await withQuery(url, (query) => query('select * from almanac.check_ledger()'))).toEqual([])
})
