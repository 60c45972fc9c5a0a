import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client } from 'pg'
import { applyMigrations } from '../../cli/migrations.ts'
import { startDebianServer, type DebianServer } from './debianPostgres.ts'

let server: DebianServer
beforeAll(async () => {
  server = await startDebianServer()
})
afterAll(() => server.stop())

test('a server of the operating system, of a newer minor release than the one that comes with us, is migrated', async () => {
  const connectionString = server.adminConnectionString
  await applyMigrations({ connectionString, withCurrent: true })

  const client = new Client({ connectionString })
  await client.connect()
  await client.query(`select almanac.schedule_every('x', '1 minute', 'almanac:noop')`)
  await client.query(`select almanac_private.fire_due(now() + interval '1 minute')`)
  const { rows } = await client.query('select status from almanac.runs')
  await client.end()

  expect(rows).toEqual([{ status: 'queued' }])
})
