import { escapeIdentifier, type Client } from 'pg'
import { loginOf } from '../process/databaseUrl.ts'
import { dbaError, hasCode, isRefused } from './dba.ts'
import { createLogin, note, roleExists, whyNotLetIn, type Purpose } from './loginRoles.ts'
import type { Membership } from './serverCheck.ts'
import { registerSqlLogin } from './sqlLogins.ts'

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
export async function registerLogins(client: Client, options: LoginOptions): Promise<void> {
  const { rows } = await client.query<{ login: string }>('select session_user as login')
  const own = rows[0]!.login
  const parts = [
    { purpose: 'server', url: options.serverUrl, own },
    { purpose: 'worker', url: options.workerUrl, own },
  ] as const
  await grantGroups(client, parts)
  await requireIdentifier(client, own)
  await forgetStrangers(client)
  for (const part of parts) await registerPart(client, part)
  if (!options.isTrial && (!options.serverUrl || !options.workerUrl)) {
    options.log(
      `The login ${own}, which owns the database, is also used by the server or the worker: fine for trying it out, not for production (see ALMANAC_SERVER_URL and ALMANAC_WORKER_URL).`,
    )
  }
  if (options.sqlUrl) await registerGivenSqlLogin(client, options.sqlUrl, options.log)
  else await registerSqlLogin(client, options.log)
  await reportRejected(client, options)
}

/** A login that exists keeps its password, so a new one in a URL is of no use until someone sets it. */
async function reportRejected(
  client: Client,
  { serverUrl, workerUrl, sqlUrl, log }: LoginOptions,
): Promise<void> {
  for (const [variable, url] of [
    ['ALMANAC_SERVER_URL', serverUrl],
    ['ALMANAC_WORKER_URL', workerUrl],
    ['ALMANAC_SQL_URL', sqlUrl],
  ] as const) {
    const login = url ? loginOf(url) : null
    if (!login?.password) continue
    const error = await whyNotLetIn(client, login)
    if (hasCode(error, '28P01'))
      log(
        `The login ${login.name} exists, with another password than that in ${variable}, and migrate changes none: correct the URL, or set the password with psql: \\password ${login.name}`,
      )
    if (hasCode(error, '42501'))
      log(
        `The login ${login.name} of ${variable} may not connect to the database. Run: grant connect on database ${escapeIdentifier(client.database ?? '')} to ${escapeIdentifier(login.name)};`,
      )
  }
}

interface Part {
  readonly purpose: 'server' | 'worker'
  readonly url: string | undefined
  readonly own: string
}

const nameOf = ({ url, own }: Part) => (url ? loginOf(url).name : own)

/** Makes the logins and grants them their groups. All that this login may not do is asked of a DBA at once. */
async function grantGroups(client: Client, parts: readonly Part[]): Promise<void> {
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

/** Without the server's identifier, a role of a dump cannot be told from one of this server. */
async function requireIdentifier(client: Client, own: string): Promise<void> {
  const { rows } = await client.query<{ key: string | null }>(
    'select almanac_private.login_key(session_user) as key',
  )
  if (rows[0]!.key === null)
    throw dbaError(`grant execute on function pg_catalog.pg_control_system() to ${escapeIdentifier(own)}`)
}

/** Rows come along with a dump: what they name is another role here, or none. */
async function forgetStrangers(client: Client): Promise<void> {
  await client.query(
    `delete from almanac_private.logins l
     where l.purpose <> 'sql' and l.role_key is distinct from almanac_private.login_key(l.role_name)`,
  )
}

async function registerPart(client: Client, part: Part): Promise<void> {
  const { purpose, own } = part
  await note(client, nameOf(part), purpose)
  if (nameOf(part) !== own) {
    await client.query('delete from almanac_private.logins where role_name = $1 and purpose = $2', [
      own,
      purpose,
    ])
  }
}

async function registerGivenSqlLogin(
  client: Client,
  sqlUrl: string,
  log: (message: string) => void,
): Promise<void> {
  const login = loginOf(sqlUrl)
  await ensureLogin(client, login, 'sql')
  const { rows } = await client.query<{ role_name: string }>(
    `delete from almanac_private.logins where purpose = 'sql' and role_name <> $1 returning role_name`,
    [login.name],
  )
  await note(client, login.name, 'sql')
  if (rows.length > 0)
    log(
      `All statements of almanac:sql run as ${login.name}, by ALMANAC_SQL_URL: set it for every worker as well. What was granted to ${rows.map(({ role_name }) => role_name).join(', ')} no longer counts for them.`,
    )
}

async function ensureLogin(client: Client, login: { name: string; password: string }, purpose: Purpose) {
  if (await roleExists(client, login.name)) return
  if (login.password === '') {
    throw new Error(
      `The role ${login.name} of ALMANAC_${purpose.toUpperCase()}_URL does not exist, and the URL has no password to create it with.`,
    )
  }
  try {
    await createLogin(client, login)
  } catch (error) {
    if (!isRefused(error)) throw error
    throw dbaError(`create role ${escapeIdentifier(login.name)} login password '…'`, error)
  }
}

async function isMember(client: Client, login: string, group: string): Promise<boolean> {
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
