import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { applyMigrations } from '../../cli/migrations.ts'
import { sqlLogin } from '../../worker/tasks/sqlLogin.ts'
import { postgresTool, startDebianServer, type DebianServer } from './debianPostgres.ts'

let server: DebianServer
let owner: Client
beforeAll(async () => {
  server = await startDebianServer({ settings: { log_min_duration_statement: '0', log_statement: 'all' } })
  const dba = new Client({ connectionString: server.adminConnectionString })
  await dba.connect()
  await dba.query(`create role shop login createrole password 'secret'`)
  await dba.query('create database jobs owner shop')
  await dba.query('create database almanac')
  await dba.query('grant execute on function pg_control_system() to shop')
  await dba.end()
  const connectionString = urlFor('shop')
  await applyMigrations({ connectionString, withCurrent: true, logins: { log: () => undefined } })
  owner = new Client({ connectionString })
  await owner.connect()
})
afterAll(async () => {
  await owner.end()
  await server.stop()
})

const urlFor = (username: string, password = 'secret') =>
  Object.assign(new URL(server.adminConnectionString), { pathname: '/jobs', username, password }).href

const logOfServer = () => readFile(join(dirname(server.dataDirectory), '..', 'postgres.log'), 'utf8')

async function login(connectionString: string): Promise<void> {
  const client = new Client({ connectionString })
  await client.connect()
  await client.end()
}

it('a server that logs each statement with its parameters has no password of a login in its log', async () => {
  await owner.query('create role clerk in role almanac_operator')
  await owner.query('grant clerk to shop')
  await owner.query(
    `set role clerk; select almanac.schedule_at('report', now() + interval '1 hour', 'almanac:sql', '{"statement": "select 1"}'); select almanac.trigger_now('report'); reset role`,
  )
  const { rows: runs } = await owner.query<{ id: string; scheduledFor: string }>(
    `update almanac.runs set status = 'running', started_at = now() returning id::text, scheduled_for::text as "scheduledFor"`,
  )
  const passwords = async () =>
    (
      await owner.query<{ role_name: string; password: string }>(
        `select role_name::text, password from almanac_private.logins where password is not null`,
      )
    ).rows
  const byMigrate = await passwords()
  const opened = await sqlLogin(runs[0]!, {
    query: async <Row>(text: string, values: readonly unknown[] = []) =>
      (await owner.query(text, [...values])).rows as Row[],
    sqlUrl: undefined,
    connectionString: urlFor('shop'),
    log: () => undefined,
  })
  await login(String(opened.config.connectionString))
  const byWorker = await passwords()
  const renewed = await opened.renew!()
  await login(String(renewed.config.connectionString))
  const afterRenewal = await passwords()
  for (const each of afterRenewal) await login(urlFor(each.role_name, each.password))

  const log = await logOfServer()
  const all = new Set([...byMigrate, ...byWorker, ...afterRenewal].map(({ password }) => password))
  expect(all.size).toBe(3)
  expect(log).toContain('open_sql_login')
  expect(log).toContain('almanac_private.logins')
  expect([...all].filter((password) => log.includes(password))).toEqual([])
})

it('neither has it that of the owner whom docker-compose.yml makes', async () => {
  const { port, password: superuserPassword } = new URL(server.adminConnectionString)
  const password = 'the-password-of-the-owner'

  execFileSync('sh', ['docker/create-owner.sh'], {
    env: {
      ...process.env,
      PATH: `${dirname(postgresTool('psql'))}${delimiter}${process.env.PATH}`,
      PGHOST: '127.0.0.1',
      PGPORT: port,
      PGPASSWORD: superuserPassword,
      POSTGRES_USER: 'postgres',
      POSTGRES_DB: 'almanac',
      ALMANAC_OWNER_PASSWORD: password,
    },
  })
  await login(
    Object.assign(new URL(server.adminConnectionString), {
      pathname: '/almanac',
      username: 'almanac_owner',
      password,
    }).href,
  )

  const log = await logOfServer()
  expect(log).toContain('alter database almanac owner')
  expect(log).not.toContain(password)
})
