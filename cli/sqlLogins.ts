import { randomBytes } from 'node:crypto'
import { Client, escapeIdentifier } from 'pg'
import { hasCode, isRefused } from './dba.ts'
import { randomPassword } from './embedded/clusterFile.ts'
import { createLogin, note, roleExists } from './loginRoles.ts'

interface SqlLogin {
  readonly role_name: string
  readonly password: string | null
  /** Whether the role of this name is the one that was noted. */
  readonly is_ours: boolean
}

/**
 * Makes the login of almanac:sql, or another where the noted one is of no use: its role is gone or another one, as in a
 * restored dump, or the kept password is not its any more. The noted role is never altered: it may be that of the
 * database that this one is a copy of.
 */
export async function registerSqlLogin(client: Client, log: (message: string) => void): Promise<void> {
  const { rows } = await client.query<SqlLogin>(
    `select l.role_name, l.password, coalesce(l.role_key = almanac_private.login_key(l.role_name), false) as is_ours
     from almanac_private.logins l where l.purpose = 'sql' order by is_ours desc, l.role_name`,
  )
  let kept: SqlLogin | undefined
  for (const login of rows) if (login.is_ours && (await letsIn(client, login))) kept ??= login
  const useless = rows.filter((login) => login !== kept)
  if (!kept) {
    const made = await makeSqlLogin(client, log)
    // A server that lets in no login that we make knows them by other means than a password.
    if (made && useless.some(({ is_ours }) => is_ours) && !(await letsIn(client, made))) {
      await client.query(`drop role ${escapeIdentifier(made.role_name)}`)
      log(
        `The login of almanac:sql, ${useless[0]!.role_name}, is not let in, and neither is a new one: the server does not ask for a password. Set ALMANAC_SQL_URL.`,
      )
      return
    }
    if (made) {
      await note(client, made.role_name, 'sql', made.password)
      for (const { role_name } of useless)
        log(
          `The statements of almanac:sql run as ${made.role_name} from now on, as the kept password of ${role_name} does not fit a role of this server. Grant it what they need: grant … on … to ${escapeIdentifier(made.role_name)};`,
        )
    }
    await forget(client, useless, made?.role_name)
    return
  }
  await forget(client, useless, kept.role_name)
}

async function forget(
  client: Client,
  logins: readonly SqlLogin[],
  except: string | undefined,
): Promise<void> {
  const names = logins.map(({ role_name }) => role_name).filter((name) => name !== except)
  await client.query(`delete from almanac_private.logins where purpose = 'sql' and role_name = any ($1)`, [
    names,
  ])
}

async function makeSqlLogin(client: Client, log: (message: string) => void): Promise<SqlLogin | null> {
  try {
    const login = await createSqlLogin(client)
    return { role_name: login.name, password: login.password, is_ours: true }
  } catch (error) {
    if (!isRefused(error)) throw error
    log(
      `The task almanac:sql has no login and stays switched off. To have one, let a DBA run: create role almanac_sql login password '…'; and set ALMANAC_SQL_URL.`,
    )
    return null
  }
}

/** Roles belong to the whole server: another Almanac there may have taken the plain name. */
async function createSqlLogin(client: Client): Promise<{ name: string; password: string }> {
  const password = randomPassword()
  for (const suffix of ['', `_${randomBytes(4).toString('hex')}`]) {
    const login = { name: `almanac_sql${suffix}`, password }
    if (await roleExists(client, login.name)) continue
    try {
      await createLogin(client, login)
      return login
    } catch (error) {
      if (!hasCode(error, '42710')) throw error
    }
  }
  throw new Error('No name is free for the login of almanac:sql.')
}

/** Whether the kept password is the login's. What else may keep it out now passes, or concerns this machine alone. */
async function letsIn(client: Client, { role_name, password }: SqlLogin): Promise<boolean> {
  if (password === null) return true
  const { host, port, database, ssl } = client
  const own = new Client({
    host,
    port,
    ...(database === undefined ? {} : { database }),
    ssl,
    user: role_name,
    password,
    connectionTimeoutMillis: 10_000,
    application_name: 'almanac migrate',
  })
  own.on('error', () => undefined)
  try {
    await own.connect()
    return true
  } catch (error) {
    if (hasCode(error, '28P01')) return false
    const { rowCount } = await client.query(
      'select from pg_catalog.pg_roles where rolname = $1 and not rolcanlogin',
      [role_name],
    )
    return rowCount === 0
  } finally {
    await own.end().catch(() => undefined)
  }
}
