import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withQuery } from '../../cli/database.ts'
import { applyMigrations } from '../../cli/migrations.ts'
import { startWorker, type Worker } from '../../worker/main.ts'
import { runAlmanac } from '../start/almanac.ts'
import { postgresTool, startDebianServer, type DebianServer } from './debianPostgres.ts'

const SOON = { timeout: 20_000, interval: 50 }

let server: DebianServer
let folder: string
const urlOf = (database: string) =>
  Object.assign(new URL(server.adminConnectionString), { pathname: `/${database}` }).href

beforeAll(async () => {
  server = await startDebianServer()
  folder = await mkdtemp(join(tmpdir(), 'almanac-copy-'))
  await onServer('create database production')
  await applyMigrations({
    connectionString: urlOf('production'),
    withCurrent: true,
    logins: { log: () => undefined },
  })
  await ask('production', `select almanac.schedule_cron('nightly', '0 3 * * *', 'almanac:noop')`)
  await ask('production', `select almanac.trigger_now('nightly')`)
  await onServer('create database clone template production')
  await onServer('create database restored')
  const dump = join(folder, 'dump')
  await promisify(execFile)(postgresTool('pg_dump'), ['-Fc', '-f', dump, urlOf('production')])
  await promisify(execFile)(postgresTool('pg_restore'), ['-d', urlOf('restored'), dump])
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await server.stop()
})

async function onServer(statement: string): Promise<void> {
  const client = new Client({ connectionString: server.adminConnectionString })
  await client.connect()
  await client.query(statement)
  await client.end()
}

const ask = (database: string, text: string) => withQuery(urlOf(database), (query) => query(text))
const runs = (database: string) => ask(database, 'select status::text from almanac.runs order by id')
const almanac = (database: string, ...args: string[]) =>
  runAlmanac({ dataDir: folder, args, environment: { DATABASE_URL: urlOf(database) } })

/** A worker on a database, with what it says. */
async function workOn(database: string): Promise<Worker & { log: string[] }> {
  const log: string[] = []
  const worker = await startWorker({
    connectionString: urlOf(database),
    directUrl: urlOf(database),
    concurrency: 2,
    taskDirectory: '/nowhere',
    heartbeatInterval: 100,
    log: (level, text) => void log.push(`${level}: ${text}`),
  })
  return { ...worker, log }
}

describe.each(['clone', 'restored'])('in the copy "%s"', (copy) => {
  it('a worker is held, says so, and takes nothing', async () => {
    const worker = await workOn(copy)

    await expect
      .poll(() => worker.log.join('\n'), SOON)
      .toContain('error: HELD: This database is a copy of production')
    await worker.close()

    expect(await runs(copy)).toEqual([{ status: 'queued' }])
    expect(await ask(copy, 'select from almanac.workers')).toEqual([])
    const status = almanac(copy, 'status')
    expect(await status.ended).toBe(1)
    expect(status.output()).toContain('this database is a copy of production')
  })
})

it('a held worker begins when the copy is adopted, and what was queued in the original is cancelled', async () => {
  const worker = await workOn('clone')
  await expect.poll(() => worker.log.join('\n'), SOON).toContain('HELD')

  const adopted = almanac('clone', 'adopt', '--skip')
  expect([await adopted.ended, adopted.output()]).toEqual([0, expect.stringContaining('1 run was cancelled')])
  await ask('clone', `select almanac.trigger_now('nightly')`)

  await expect.poll(() => runs('clone'), SOON).toEqual([{ status: 'cancelled' }, { status: 'succeeded' }])
  await worker.close()
  expect(await ask('clone', 'select * from almanac.check_ledger()')).toEqual([])
})

it('a restored database that is adopted to go on does what was queued', async () => {
  const adopted = almanac('restored', 'adopt', '--continue')
  expect(await adopted.ended).toBe(0)
  const worker = await workOn('restored')

  await expect.poll(() => runs('restored'), SOON).toEqual([{ status: 'succeeded' }])
  await worker.close()
  expect(await ask('restored', 'select * from almanac.check_ledger()')).toEqual([])
})

it('a renamed database is not a copy', async () => {
  await onServer('alter database production rename to sales')

  expect(await ask('sales', 'select almanac.copied_from()')).toEqual([{ copied_from: null }])
})

it('adopt asks for the choice', async () => {
  const adopted = almanac('sales', 'adopt')

  expect([await adopted.ended, adopted.output()]).toEqual([2, expect.stringContaining('adopt --skip')])
})
