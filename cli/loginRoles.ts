import { escapeIdentifier, escapeLiteral, type Client, type ClientBase } from 'pg'
import { DatabaseClient } from '../process/client.ts'
import { scramVerifier } from '../worker/tasks/scram.ts'

export type Purpose = 'server' | 'worker' | 'sql'

/** The server never sees the password: its log keeps what fails. */
export async function createLogin(
  client: ClientBase,
  { name, password }: { name: string; password: string },
): Promise<void> {
  await client.query(
    `create role ${escapeIdentifier(name)} login password ${escapeLiteral(scramVerifier(password))}`,
  )
}

export async function roleExists(client: ClientBase, name: string): Promise<boolean> {
  return (
    ((await client.query('select from pg_catalog.pg_roles where rolname = $1', [name])).rowCount ?? 0) > 0
  )
}

/** Notes which role has a purpose: the one that the name means here and now. */
export async function note(client: ClientBase, name: string, purpose: Purpose): Promise<void> {
  await client.query(
    `insert into almanac_private.logins (role_name, purpose, role_key)
     values ($1, $2, almanac_private.login_key($1))
     on conflict (role_name, purpose) do update set password = null, role_key = excluded.role_key`,
    [name, purpose],
  )
}

/** Gives a noted login a password that the database makes: what it is sent may be in its log, what it answers is not. */
export async function giveNewPassword(client: ClientBase, name: string): Promise<void> {
  const { rows } = await client.query<{ password: string }>(
    `update almanac_private.logins set password = almanac_private.new_password()
     where role_name = $1 and purpose = 'sql' returning password`,
    [name],
  )
  const verifier = scramVerifier(rows[0]!.password)
  await client.query(`alter role ${escapeIdentifier(name)} password ${escapeLiteral(verifier)}`)
}

/** Why a login cannot connect to the database that a client is connected to; null: it can. */
export async function whyNotLetIn(
  { host, port, database, ssl }: Client,
  { name, password }: { name: string; password: string },
): Promise<unknown> {
  const own = new DatabaseClient({
    host,
    port,
    ...(database === undefined ? {} : { database }),
    ssl,
    user: name,
    password,
    connectionTimeoutMillis: 10_000,
    application_name: 'almanac migrate',
  })
  try {
    await own.connect()
    return null
  } catch (error) {
    return error
  } finally {
    await own.end().catch(() => undefined)
  }
}
