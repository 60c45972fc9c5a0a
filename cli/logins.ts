import { randomBytes } from 'node:crypto'
import { escapeIdentifier, escapeLiteral, type ClientBase } from 'pg'
import { randomPassword } from './embedded/clusterFile.ts'

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

/** Makes the logins that are missing, gives them their rights, and notes which login has which purpose. */
export async function registerLogins(client: ClientBase, options: LoginOptions): Promise<void> {
  const { rows } = await client.query<{ login: string }>('select session_user as login')
  const own = rows[0]!.login
  await registerPart(client, { purpose: 'server', url: options.serverUrl, own, log: options.log })
  await registerPart(client, { purpose: 'worker', url: options.workerUrl, own, log: options.log })
  if (!options.isTrial && (!options.serverUrl || !options.workerUrl)) {
    options.log(
      `The login ${own}, which owns the database, also counts as the server's or the worker's: good for trying out, not for production (see ALMANAC_SERVER_URL and ALMANAC_WORKER_URL).`,
    )
  }
  await registerSql(client, options)
}

async function registerPart(
  client: ClientBase,
  part: {
    purpose: 'server' | 'worker'
    url: string | undefined
    own: string
    log: (message: string) => void
  },
): Promise<void> {
  const { purpose, url, own } = part
  const login = url ? loginOf(url) : { name: own, password: '' }
  if (url) await ensureLogin(client, login, purpose)
  if (!(await isMember(client, login.name, GROUP_ROLES[purpose]))) {
    await orAskDba(client, `grant ${GROUP_ROLES[purpose]} to ${escapeIdentifier(login.name)}`)
  }
  await note(client, login.name, purpose)
  if (login.name !== own) {
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

async function orAskDba(client: ClientBase, statement: string): Promise<void> {
  try {
    await client.query(statement)
  } catch (error) {
    throw isRefused(error) ? dbaError(statement, error) : error
  }
}

function dbaError(statement: string, cause: unknown): Error {
  return new Error(
    `The migrating login lacks a right. Let a DBA run, and then migrate again:\n\n  ${statement};\n`,
    { cause },
  )
}

function isRefused(error: unknown): boolean {
  return hasCode(error, '42501')
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function loginOf(url: string): { name: string; password: string } {
  const { username, password } = new URL(url)
  return { name: decodeURIComponent(username), password: decodeURIComponent(password) }
}
