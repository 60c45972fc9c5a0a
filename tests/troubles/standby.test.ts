import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withQuery } from '../../cli/database.ts'
import { applyMigrations } from '../../cli/migrations.ts'
import { startTestWorker } from '../../worker/testing/startTestWorker.ts'
import { until } from '../../worker/testing/until.ts'
import { startDebianServer, type DebianServer, type Standby } from './debianPostgres.ts'

let primary: DebianServer
let standby: Standby
const urlOf = ({ adminConnectionString }: DebianServer) =>
  Object.assign(new URL(adminConnectionString), { pathname: '/almanac' }).href

beforeAll(async () => {
  primary = await startDebianServer()
  const admin = new Client({ connectionString: primary.adminConnectionString })
  await admin.connect()
  await admin.query('create database almanac')
  await admin.end()
  await applyMigrations({
    connectionString: urlOf(primary),
    withCurrent: true,
    logins: { log: () => undefined },
  })
  standby = await primary.standby()
})
afterAll(async () => {
  await standby.stop()
  await primary.stop()
})

test('a worker that was started on a standby takes jobs once it is promoted', async () => {
  const url = urlOf(standby)
  const worker = await startTestWorker(url, {
    pollInterval: 100,
    heartbeatInterval: 200,
    stalledAfter: 6_000,
  })
  await until('its looks fail', () =>
    Promise.resolve(worker.messages.some((message) => message.includes('read-only transaction'))),
  )

  await standby.promote()
  await withQuery(url, (query) => query(`select almanac.schedule_every('beat', '1 second', 'almanac:noop')`))

  await until('it has run', () =>
    withQuery(url, async (query) => {
      const [run] = await query(`select from almanac.runs where status = 'succeeded'`)
      return run !== undefined
    }),
  )
  await worker.close()
  expect(await withQuery(url, (query) => query('select * from almanac.check_ledger()'))).toEqual([])
})
