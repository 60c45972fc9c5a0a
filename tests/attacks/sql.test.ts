import { Client, DatabaseError, type ClientBase, type QueryResult } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useTestDatabase } from '../database/useTestDatabase.ts'
import { setScene } from './scene.ts'
import { readAttacks, type Attack } from './table.ts'

const LOGINS = {
  stranger: 'plain',
  viewer: 'viewer',
  operator: 'operator',
  admin: 'admin',
  server: 'server',
  worker: 'worker',
} as const
const isLogin = (name: string): name is keyof typeof LOGINS => name in LOGINS

const db = useTestDatabase()
let superuser: Client
const clients = new Map<string, Client>()
const userIds: Record<string, string> = {}
beforeAll(async () => {
  await setScene(db)
  for (const { id, username } of await db.query<{ id: string; username: string }>(
    'select id, username from almanac.users',
  ))
    userIds[username] = id
  await db.connect('owner') // whose statements and backend others would see and end
  for (const [name, login] of Object.entries(LOGINS)) clients.set(name, await db.connect(login))
  superuser = new Client({ connectionString: db.adminConnectionString })
  await superuser.connect()
})
afterAll(async () => {
  await superuser.end()
})

const tables = readAttacks('sql')

describe.each(tables)('%s', (_, attacks) => {
  it.each(attacks)('$rule As $as: $gets', async (attack) => {
    expect(await attempt(attack)).toBe(attack.gets)
  })
})

/** An attack that even the owner cannot do, for example because of a typo, would prove nothing. */
const WRONG = ['42601', '42703', '42883', '42P01', '3F000', '42704']
const controlled = tables
  .flatMap(([, attacks]) => attacks)
  .filter(
    ({ gets, noControl, as }, index, all) =>
      noControl === null &&
      ['42501', 'AL011', 'rows 0'].includes(gets) &&
      isLogin(as) &&
      all.findIndex((other) => other.text === all[index]?.text) === index,
  )

it.each(controlled)('a superuser is not kept from it: $rule', async ({ text, gets }) => {
  const outcome = await inTransaction(superuser, () => outcomeOf(superuser.query(text)))

  expect(outcome).not.toBe(gets)
  expect(WRONG).not.toContain(outcome)
})

it('holds at least 98 different attacks', () => {
  const texts = tables.flatMap(([, attacks]) => attacks.map(({ text }) => text))

  expect(new Set(texts).size).toBeGreaterThan(98)
})

async function attempt({ as, text }: Attack): Promise<string> {
  const [name = '', role] = as.split(' as ')
  const client = clients.get(name)
  if (!client) throw new Error(`There is no ${as}.`)
  return await inTransaction(client, async () => {
    if (role)
      await client.query(`select set_config('role', $1, true), set_config('jwt.claims.user_id', $2, true)`, [
        `almanac_${role}`,
        userIds[role],
      ])
    return await outcomeOf(client.query(text))
  })
}

async function inTransaction<Result>(client: ClientBase, fn: () => Promise<Result>): Promise<Result> {
  await client.query('begin')
  try {
    return await fn()
  } finally {
    await client.query('rollback; reset all; reset session authorization; discard temp')
  }
}

async function outcomeOf(statement: Promise<unknown>): Promise<string> {
  try {
    const results = await statement
    const last = (Array.isArray(results) ? results.at(-1) : results) as QueryResult<Record<string, unknown>>
    if (last.command === 'SELECT' && last.rowCount === 1 && last.fields.length === 1)
      return `value ${String(Object.values(last.rows[0]!)[0])}`
    return `rows ${last.rowCount}`
  } catch (error) {
    if (error instanceof DatabaseError) return error.code ?? error.message
    throw error
  }
}
