import { randomBytes } from 'node:crypto'
import { escapeIdentifier, type Client } from 'pg'
import { hasCode, isRefused } from './dba.ts'
import { randomPassword } from './embedded/clusterFile.ts'
import { createLogin, giveNewPassword, note, roleExists, whyNotLetIn } from './loginRoles.ts'

const OWNER_KEY = `(
  select almanac_private.login_key(o.rolname) from pg_catalog.pg_namespace n join pg_catalog.pg_roles o on o.oid = n.nspowner
  where n.nspname = 'almanac')`

interface SqlLogin {
  readonly role_name: string
  /** Null: that of ALMANAC_SQL_URL, which is not set any more. */
  readonly password: string | null
  /** Whether the role of this name is the one that was noted. */
  readonly is_ours: boolean
}

/**
 * Makes the login of the owner's statements of almanac:sql, or another where the noted one is of no use: its role is
 * gone or another one, as in a restored dump, or the kept password is not its any more. The noted role is never altered:
 * it may be that of the database that this one is a copy of. Logins of other roles are made when a statement needs them.
 */
export async function registerSqlLogin(client: Client, log: (message: string) => void): Promise<void> {
  const { rows } = await client.query<SqlLogin>(
    `select l.role_name, l.password, f.fits and l.password is not null and (l.serves is null or l.serves = ${OWNER_KEY}) as is_ours
     from almanac_private.logins l cross join almanac_private.here() h
     cross join lateral (select coalesce(l.role_key = almanac_private.login_key(l.role_name)
       and (l.database_oid = h.database_oid or l.serves is null), false)) f(fits)
     where l.purpose = 'sql' and l.role_key is distinct from almanac_private.server_key() || ':0'
       and (not f.fits or l.serves is null or l.serves = ${OWNER_KEY})
     order by is_ours desc, l.role_name`,
  )
  let kept: SqlLogin | undefined
  for (const login of rows) if (login.is_ours && (await letsIn(client, login))) kept ??= login
  const useless = rows.filter((login) => login !== kept)
  const made = kept ? null : await makeSqlLogin(client, log)
  // A server that lets in no login that we make knows them by other means than a password.
  if (made && useless.some(({ is_ours }) => is_ours) && !(await letsIn(client, made))) {
    await client.query(`drop role ${escapeIdentifier(made.role_name)}`)
    log(
      `The login of almanac:sql, ${useless[0]!.role_name}, is rejected, and so is a new one: the server does not authenticate by password. Set ALMANAC_SQL_URL.`,
    )
    return
  }
  await client.query(`delete from almanac_private.logins where purpose = 'sql' and role_name = any ($1)`, [
    useless.map(({ role_name }) => role_name),
  ])
  if (made) {
    await note(client, made.role_name, 'sql')
    await giveNewPassword(client, made.role_name)
  }
  await client.query(
    `update almanac_private.logins l set serves = ${OWNER_KEY}, database_oid = h.database_oid
     from almanac_private.here() h where l.role_name = $1 and l.purpose = 'sql' and l.password is not null`,
    [(kept ?? made)?.role_name],
  )
  if (made && useless.length > 0)
    log(
      `These logins of almanac:sql are no longer used, because no stored password fits a role of this server: ${useless.map(({ role_name }) => role_name).join(', ')}. The owner's statements run as ${made.role_name}. Grant it what they need: grant … on … to ${escapeIdentifier(made.role_name)};`,
    )
}

async function makeSqlLogin(client: Client, log: (message: string) => void): Promise<SqlLogin | null> {
  try {
    const login = await createSqlLogin(client)
    return { role_name: login.name, password: login.password, is_ours: true }
  } catch (error) {
    if (!isRefused(error)) throw error
    log(
      "The login for the owner's statements of almanac:sql could not be created: the owner may not create roles. The error of the first run says what a DBA has to run; or set ALMANAC_SQL_URL.",
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
  throw new Error('No unused name was found for the login of almanac:sql.')
}

/** Whether the kept password is the login's. What else may keep it out now passes, or concerns this machine alone. */
async function letsIn(client: Client, { role_name, password }: SqlLogin): Promise<boolean> {
  const error = await whyNotLetIn(client, { name: role_name, password: password ?? '' })
  if (error === null) return true
  if (hasCode(error, '28P01')) return false
  const { rowCount } = await client.query(
    'select from pg_catalog.pg_roles where rolname = $1 and not rolcanlogin',
    [role_name],
  )
  return rowCount === 0
}
