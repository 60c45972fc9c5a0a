import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../tests/database/createTestDatabase.ts'
import { registerLogins, type LoginOptions } from './logins.ts'

const suffix = randomBytes(4).toString('hex')
const made = new Set<string>()

let db: TestDatabase
let owner: Client
let admin: Client
beforeAll(async () => {
  db = await createTestDatabase()
  owner = await db.connect()
  admin = new Client({ connectionString: db.adminConnectionString })
  await admin.connect()
})
afterAll(async () => {
  for (const role of made) await admin.query(`drop owned by ${role}; drop role ${role}`)
  await admin.end()
  await db.drop()
})

async function register(options: Partial<LoginOptions> = {}): Promise<string[]> {
  const lines: string[] = []
  await registerLogins(owner, { log: (message) => lines.push(message), ...options })
  return lines
}

function urlFor(name: string): string {
  const url = new URL(db.connectionString)
  url.username = `almanac_test_${name}_${suffix}`
  made.add(url.username)
  return url.href
}

const registered = (purpose: string) =>
  db.query<{ role_name: string }>('select role_name from almanac_private.logins where purpose = $1', [
    purpose,
  ])

async function tryAs(connectionString: string, statement: string): Promise<string> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    await client.query(statement)
    return 'done'
  } catch (error) {
    return (error as Error).message
  } finally {
    await client.end()
  }
}

test('with one URL for all, the migrating login counts as the server, and a line warns', async () => {
  const lines = await register()

  expect(await registered('server')).toContainEqual({ role_name: 'almanac_test_owner' })
  expect(lines.join()).toContain('not for production')
  expect(await tryAs(db.connectionString, 'set role almanac_viewer')).toBe('done')
})

test('named logins are made with their rights, and the owner no longer counts as the server', async () => {
  const [serverUrl, workerUrl] = [urlFor('server'), urlFor('worker')]

  const lines = await register({ serverUrl, workerUrl })

  const names = (await registered('server')).map((login) => login.role_name)
  expect(names).toContain(new URL(serverUrl).username)
  expect(names).not.toContain('almanac_test_owner')
  expect(lines).toEqual([])
  expect(await tryAs(serverUrl, 'set role almanac_admin')).toBe('done')
  expect(await tryAs(serverUrl, 'select from almanac.schedules')).toContain('permission denied')
  expect(await tryAs(workerUrl, 'select from almanac_private.settings')).toBe('done')
})

test('almanac:sql has a login of its own without any right, made once', async () => {
  await register()
  const sql = () =>
    db.query<{ role_name: string; password: string }>(
      `select role_name, password from almanac_private.logins where purpose = 'sql'`,
    )
  const [login] = await sql()
  made.add(login!.role_name)

  await register()

  expect(await sql()).toEqual([login])
  const url = Object.assign(new URL(db.connectionString), {
    username: login!.role_name,
    password: login!.password,
  }).href
  expect(await tryAs(url, 'select 1')).toBe('done')
  expect(await tryAs(url, 'select from almanac.schedules')).toContain('permission denied')
})

test('ALMANAC_SQL_URL names another login for almanac:sql', async () => {
  const sqlUrl = urlFor('sql')

  await register({ sqlUrl })

  expect(await registered('sql')).toEqual([{ role_name: new URL(sqlUrl).username }])
})

test('without the right to grant, the statement for a DBA is the error', async () => {
  await admin.query(`create role almanac_test_weak_${suffix} login password 'x'`)
  made.add(`almanac_test_weak_${suffix}`)
  await admin.query(`grant usage on schema almanac_private to almanac_test_weak_${suffix}`)
  const url = urlFor('weak')
  const client = new Client({ connectionString: Object.assign(new URL(url), { password: 'x' }).href })
  await client.connect()

  await expect(registerLogins(client, { log: () => undefined })).rejects.toThrow(
    `grant almanac_server to "almanac_test_weak_${suffix}"`,
  )
  await client.end()
})
