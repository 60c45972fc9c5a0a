import { escapeIdentifier, escapeLiteral, type ClientBase } from 'pg'
import { scramVerifier } from '../worker/scram.ts'

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
export async function note(
  client: ClientBase,
  name: string,
  purpose: Purpose,
  password: string | null = null,
): Promise<void> {
  await client.query(
    `insert into almanac_private.logins (role_name, purpose, password, role_key)
     values ($1, $2, $3, almanac_private.login_key($1))
     on conflict (role_name, purpose) do update set password = excluded.password, role_key = excluded.role_key`,
    [name, purpose, password],
  )
}
