import { randomBytes } from 'node:crypto'
import { escapeIdentifier, escapeLiteral, type ClientBase } from 'pg'
import { loginOf } from '../worker/databaseUrl.ts'
import { dbaError, hasCode, isRefused } from './dba.ts'
import { randomPassword } from './embedded/clusterFile.ts'
import type { Membership } from './serverCheck.ts'

type Purpose = 'server' | 'worker' | 'sql'

export interface LoginOptions {
  /** URLs that name the logins of separate processes. Without them the migrating login serves for all. */
  readonly serverUrl?: string | undefined
  readonly workerUrl?: string | undefined
  readonly sqlUrl?: string | undefined
  /** One login for everything is what is meant: it need not be said. */
  readonly isTrial?: boolean
  readonly log: (message: string) => void
}

const GROUP_ROLES: Readonly<Record<Exclude<Purpose, 'sql'>, string>> = {
  server: 'almanac_server',
  worker: 'almanac_worker',
}

/** Which logins are to have which group role. */
export function membershipsOf({ serverUrl, workerUrl }: LoginOptions): Membership[] {
  return [
    { login: serverUrl ? loginOf(serverUrl).name : null, group: GROUP_ROLES.server },
    { login: workerUrl ? loginOf(workerUrl).name : null, group: GROUP_ROLES.worker },
  ]
}

/** Makes the logins that are missing, gives them their rights, and notes which login has which purpose. */
export async function registerLogins(client: ClientBase, options: LoginOptions): Promise<void> {
  const { rows } = await client.query<{ login: string }>('select session_user as login')
  const own = rows[0]!.login
  const parts = [
    { purpose: 'server', url: options.serverUrl, own },
    { purpose: 'worker', url: options.workerUrl, own },
  ] as const
  await grantGroups(client, parts)
  for (const part of parts) await registerPart(client, part)
  if (!options.isTrial && (!options.serverUrl || !options.workerUrl)) {
    options.log(
      `The login ${own}, which owns the database, also counts as the server's or the worker's: good for trying out, not for production (see ALMANAC_SERVER_URL and ALMANAC_WORKER_URL).`,
    )
  }
  await registerSql(client, options)
}

interface Part {
  readonly purpose: 'server' | 'worker'
  readonly url: string | undefined
  readonly own: string
}

const nameOf = ({ url, own }: Part) => (url ? loginOf(url).name : own)

/** Makes the logins and grants them their groups. All that this login may not do is asked of a DBA at once. */
async function grantGroups(client: ClientBase, parts: readonly Part[]): Promise<void> {
  const refused: string[] = []
  for (const part of parts) {
    if (part.url) await ensureLogin(client, loginOf(part.url), part.purpose)
    const group = GROUP_ROLES[part.purpose]
    if (await isMember(client, nameOf(part), group)) continue
    const statement = `grant ${group} to ${escapeIdentifier(nameOf(part))}`
    await client.query(statement).catch((error: unknown) => {
      if (!isRefused(error)) throw error
      refused.push(statement)
    })
  }
  if (refused.length > 0) throw dbaError(refused)
}

async function registerPart(client: ClientBase, part: Part): Promise<void> {
  const { purpose, own } = part
  await note(client, nameOf(part), purpose)
  if (nameOf(part) !== own) {
    await client.query('delete from almanac_private.logins where role_name = $1 and purpose = $2', [
      own,
      purpose,
    ])
  }
}

async function registerSql(client: ClientBase, { sqlUrl, log }: LoginOptions): Promise<void> {
  if (sqlUrl) {
    const login = loginOf(sqlUrl)
    await ensureLogin(client, login, 'sql')
    await client.query(`delete from almanac_private.logins where purpose = 'sql' and role_name <> $1`, [
      login.name,
    ])
    await note(client, login.name, 'sql')
    return
  }
  const { rows } = await client.query<{ role_name: string }>(
    `select l.role_name from almanac_private.logins l join pg_catalog.pg_roles r on r.rolname = l.role_name where l.purpose = 'sql'`,
  )
  if (rows.length > 0) return
  try {
    const login = await createSqlLogin(client)
    await note(client, login.name, 'sql', login.password)
  } catch (error) {
    if (!isRefused(error)) throw error
    log(
      `The task almanac:sql has no login and stays switched off. To have one, let a DBA run: create role almanac_sql login password '…'; and set ALMANAC_SQL_URL.`,
    )
  }
}

async function ensureLogin(client: ClientBase, login: { name: string; password: string }, purpose: Purpose) {
  if (await roleExists(client, login.name)) return
  if (login.password === '') {
    throw new Error(
      `The role ${login.name} of ALMANAC_${purpose.toUpperCase()}_URL does not exist, and the URL has no password to make it with.`,
    )
  }
  try {
    await createLogin(client, login)
  } catch (error) {
    if (!isRefused(error)) throw error
    throw dbaError(`create role ${escapeIdentifier(login.name)} login password '…'`, error)
  }
}

async function createLogin(client: ClientBase, { name, password }: { name: string; password: string }) {
  await client.query(`create role ${escapeIdentifier(name)} login password ${escapeLiteral(password)}`)
}

/** Roles belong to the whole server: another Almanac there may have taken the plain name. */
async function createSqlLogin(client: ClientBase): Promise<{ name: string; password: string }> {
  const password = randomPassword()
  for (const suffix of ['', `_${randomBytes(4).toString('hex')}`]) {
    const login = { name: `almanac_sql${suffix}`, password }
    try {
      await createLogin(client, login)
      return login
    } catch (error) {
      if (!hasCode(error, '42710')) throw error
    }
  }
  throw new Error('No name is free for the login of almanac:sql.')
}

async function roleExists(client: ClientBase, name: string): Promise<boolean> {
  return (
    ((await client.query('select from pg_catalog.pg_roles where rolname = $1', [name])).rowCount ?? 0) > 0
  )
}

async function isMember(client: ClientBase, login: string, group: string): Promise<boolean> {
  const { rows } = await client.query<{ member: boolean }>(
    `select exists (
       select from pg_catalog.pg_auth_members m
       where m.roleid = $2::regrole and m.member = pg_catalog.to_regrole(pg_catalog.quote_ident($1))
         and coalesce((pg_catalog.to_jsonb(m) ->> 'inherit_option')::boolean, true)
     ) as member`,
    [login, group],
  )
  return rows[0]!.member
}

async function note(
  client: ClientBase,
  name: string,
  purpose: Purpose,
  password: string | null = null,
): Promise<void> {
  await client.query(
    `insert into almanac_private.logins (role_name, purpose, password) values ($1, $2, $3)
     on conflict (role_name, purpose) do update set password = excluded.password`,
    [name, purpose, password],
  )
}
