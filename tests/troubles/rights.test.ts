import { afterAll, beforeAll, expect, it } from 'vitest'
import { Client } from 'pg'
import { runMigrations } from 'graphile-worker'
import { applyMigrations } from '../../cli/migrations.ts'
import { startDebianServer, type DebianServer } from './debianPostgres.ts'

let server: DebianServer
let url: string
beforeAll(async () => {
  server = await startDebianServer()
  await asDba(
    `create role plain login password 'secret'`,
    `create role shop login password 'secret'`,
    'create database jobs owner shop',
  )
  url = urlFor('plain')
  await runMigrations({ connectionString: urlFor('shop') })
})
afterAll(() => server.stop())

const urlFor = (username: string) =>
  Object.assign(new URL(server.adminConnectionString), { pathname: '/jobs', username, password: 'secret' })
    .href

async function asDba(...statements: string[]): Promise<void> {
  const client = new Client({
    connectionString: Object.assign(new URL(server.adminConnectionString), {
      pathname: statements.some((each) => each.startsWith('create database')) ? '/postgres' : '/jobs',
    }).href,
  })
  await client.connect()
  for (const statement of statements) await client.query(statement)
  await client.end()
}

const migrate = () =>
  applyMigrations({
    connectionString: url,
    withCurrent: true,
    logins: {
      serverUrl: 'postgres://web:secret@host/jobs',
      workerUrl: 'postgres://hands:secret@host/jobs',
      log: () => undefined,
    },
  })

it('a login without any rights, next to an application that has Graphile Worker, migrates once a DBA has run what it is told, which is told at once', async () => {
  const refusal = await migrate().then(
    () => '',
    (error: Error) => error.message,
  )
  const statements = refusal.match(/^ {2}.*;$/gm) ?? []
  expect(statements).toHaveLength(15)

  await asDba(...statements.map((statement) => statement.replace('…', 'secret')))
  await migrate()

  const client = new Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query(
    `select role_name::text, purpose from almanac_private.logins where purpose <> 'sql' order by purpose`,
  )
  await client.query(`select almanac.schedule_cron('nightly', '0 3 * * *', 'almanac:noop')`)
  await client.query(`select almanac.trigger_now('nightly')`)
  await client.end()
  expect(rows).toEqual([
    { role_name: 'web', purpose: 'server' },
    { role_name: 'hands', purpose: 'worker' },
  ])
})
