import { randomBytes } from 'node:crypto'
import { Client, escapeIdentifier } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { registerLogins, type LoginOptions } from './logins.ts'

const suffix = randomBytes(4).toString('hex')
const made = new Set<string>()

const db = useTestDatabase()
let owner: Client
let admin: Client
beforeAll(async () => {
  owner = await db.connect()
  admin = new Client({ connectionString: db.adminConnectionString })
  await admin.connect()
})
afterAll(async () => {
  for (const role of made) await admin.query(`drop owned by ${role}; drop role ${role}`)
  await admin.end()
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

test('where ALMANAC_SQL_URL takes the place of other logins, a line names them', async () => {
  await register()
  const [before] = await registered('sql')
  made.add(before!.role_name)
  const sqlUrl = urlFor('sql')

  const [first, again] = [await register({ sqlUrl }), await register({ sqlUrl })]

  expect(first.filter((line) => line.includes('ALMANAC_SQL_URL'))).toEqual([
    `All statements of almanac:sql run as ${new URL(sqlUrl).username}, by ALMANAC_SQL_URL: set it for every worker as well. What was granted to ${before!.role_name} no longer counts for them.`,
  ])
  expect(again.join()).not.toContain('ALMANAC_SQL_URL')
})

test('another password for a login that exists is reported, and not set', async () => {
  const parts = {
    serverUrl: urlFor('kept_server'),
    workerUrl: urlFor('kept_worker'),
    sqlUrl: urlFor('kept_sql'),
  }
  await register(parts)
  const other = (url: string) => Object.assign(new URL(url), { password: 'another' }).href

  const lines = await register({
    serverUrl: other(parts.serverUrl),
    workerUrl: other(parts.workerUrl),
    sqlUrl: other(parts.sqlUrl),
  })

  expect(lines).toEqual(
    (['server', 'worker', 'sql'] as const).map((purpose) => {
      const variable = `ALMANAC_${purpose.toUpperCase()}_URL`
      const { username } = new URL(parts[`${purpose}Url`])
      return `The login ${username} exists, with another password than that in ${variable}, and migrate changes none: correct the URL, or set the password with psql: \\password ${username}`
    }),
  )
  expect(await tryAs(parts.serverUrl, 'select 1')).toBe('done')
})

test('a login of a URL that may not connect to the database is reported with the grant', async () => {
  const sqlUrl = urlFor('outside')
  const database = new URL(db.connectionString).pathname.slice(1)
  await admin.query(`revoke connect on database "${database}" from public`)
  onTestFinished(async () => void (await admin.query(`grant connect on database "${database}" to public`)))

  const lines = await register({ serverUrl: urlFor('server'), workerUrl: urlFor('worker'), sqlUrl })

  const name = new URL(sqlUrl).username
  expect(lines.filter((line) => line.includes('may not connect') && line.includes(name))).toEqual([
    `The login ${name} of ALMANAC_SQL_URL may not connect to the database. Run: grant connect on database "${database}" to "${name}";`,
  ])
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

describe('the noted login of almanac:sql', () => {
  const sqlLogin = async () => {
    const [login] = await db.query<{ role_name: string; password: string; role_key: string }>(
      `select role_name, password, role_key from almanac_private.logins where purpose = 'sql'`,
    )
    if (login) made.add(login.role_name)
    return login!
  }
  const urlOf = ({ role_name, password }: { role_name: string; password: string }) =>
    Object.assign(new URL(db.connectionString), { username: role_name, password }).href
  beforeEach(async () => {
    await db.query(`delete from almanac_private.logins where purpose = 'sql'`)
    await register()
    await sqlLogin()
  })

  test('with another password than the kept one is replaced, and keeps its own', async () => {
    const before = await sqlLogin()
    await admin.query(`alter role ${before.role_name} password 'another'`)

    const lines = await register()

    const after = await sqlLogin()
    expect(after.role_name).not.toBe(before.role_name)
    expect(await tryAs(urlOf(after), 'select 1')).toBe('done')
    expect(await tryAs(urlOf({ ...before, password: 'another' }), 'select 1')).toBe('done')
    expect(lines.join()).toContain(`grant … on … to ${escapeIdentifier(after.role_name)}`)
  })

  test('whose role is gone is replaced', async () => {
    const before = await sqlLogin()
    await admin.query(`drop role ${before.role_name}`)
    made.delete(before.role_name)

    await register()

    const after = await sqlLogin()
    expect(after.role_key).not.toBe(before.role_key)
    expect(await tryAs(urlOf(after), 'select 1')).toBe('done')
  })

  test('is not taken by its name and password alone, as a dump brings them', async () => {
    const before = await sqlLogin()
    await db.query(`update almanac_private.logins set role_key = '1:' || split_part(role_key, ':', 2)`)

    await register()

    expect((await sqlLogin()).role_name).not.toBe(before.role_name)
    expect(await tryAs(urlOf(before), 'select 1')).toBe('done')
  })
})

test('a role of the name of the server’s login that was made later does not count as the server', async () => {
  const serverUrl = urlFor('again')
  await register({ serverUrl })
  const name = new URL(serverUrl).username
  const isServer = async () => {
    const client = new Client({ connectionString: serverUrl })
    await client.connect()
    try {
      const { rows } = await client.query<{ is: boolean }>('select almanac_private.is_server_login() as is')
      return rows[0]!.is
    } finally {
      await client.end()
    }
  }
  expect(await isServer()).toBe(true)

  await admin.query(`drop role ${name}; create role ${name} login password '${new URL(serverUrl).password}'`)
  await admin.query(`grant almanac_server to ${name}`)

  expect(await isServer()).toBe(false)
  await register({ serverUrl })
  expect(await isServer()).toBe(true)
})

test('logins of a dump whose roles are others here are forgotten', async () => {
  await db.query(
    `insert into almanac_private.logins (role_name, purpose, role_key) values
       ('almanac_test_plain', 'server', '1:2'), ('stranger', 'worker', '0:0'), ('almanac_test_viewer', 'server', null),
       ('almanac_test_admin', 'server', ':' || 'almanac_test_admin'::regrole::oid)`,
  )

  await register()

  const names = await db.query<{ role_name: string }>('select role_name from almanac_private.logins')
  expect(names.map(({ role_name }) => role_name)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/plain|stranger|viewer|admin/)]),
  )
})

test('no password is sent, only what the server keeps of it', async () => {
  const serverUrl = urlFor('verified')
  const sent: string[] = []
  const query = owner.query.bind(owner) as (...args: unknown[]) => unknown
  owner.query = ((...args: unknown[]) => {
    sent.push(String(args[0]))
    return query(...args)
  }) as typeof owner.query
  try {
    await register({ serverUrl })
  } finally {
    owner.query = query as typeof owner.query
  }

  expect(sent.join()).not.toContain(new URL(serverUrl).password)
  expect(sent.join()).toContain(`login password 'SCRAM-SHA-256$4096:`)
  expect(await tryAs(serverUrl, 'select 1')).toBe('done')
})
