import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startDebianServer, type DebianServer } from './debianPostgres.ts'

let server: DebianServer
beforeAll(async () => {
  server = await startDebianServer()
})
afterAll(() => server.stop())

async function ask(url: string, text: string): Promise<unknown> {
  const client = new Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<Record<string, unknown>>(text)
  await client.end()
  return Object.values(rows[0] ?? {})[0]
}

test('a standby holds what its primary has, and takes writes once it is promoted', async () => {
  await ask(server.adminConnectionString, 'create table public.kept as select 1 as n')
  const standby = await server.standby()

  const before = await ask(standby.adminConnectionString, 'select pg_catalog.pg_is_in_recovery()')
  await standby.promote()
  await ask(standby.adminConnectionString, 'insert into public.kept values (2)')
  const rows = await ask(standby.adminConnectionString, 'select count(*)::int from public.kept')
  await standby.stop()

  expect({ before, rows }).toEqual({ before: true, rows: 2 })
})
