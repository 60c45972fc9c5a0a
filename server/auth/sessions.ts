import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Query } from '../../process/query.ts'

/** Who is signed in. */
export interface User {
  readonly id: string
  readonly username: string
  readonly displayName: string | null
  readonly role: 'viewer' | 'operator' | 'admin'
  readonly timezone: string | null
}

const LIFETIME_SECONDS = 30 * 24 * 3600

/** A secret to hand out; only its hash is kept. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** How secrets are kept in the database. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

/** The session secret that a request carries. */
export function sessionSecret(request: IncomingMessage): string | undefined {
  const name = cookieName(request)
  const cookies = request.headers.cookie?.split(';') ?? []
  const own = cookies.map((cookie) => cookie.trim()).find((cookie) => cookie.startsWith(`${name}=`))
  const secret = own?.slice(name.length + 1)
  return secret && /^[\w-]{43}$/.test(secret) ? secret : undefined
}

/** Who a session belongs to; undefined: no one is signed in by it. */
export async function findUser(query: Query, secret: string | undefined): Promise<User | undefined> {
  if (secret === undefined) return undefined
  const [user] = await query<{ [Key in keyof User]: User[Key] }>(
    `select u.id::text, u.username, u.display_name as "displayName", u.role, u.timezone
     from almanac_private.find_session($1) u where u.id is not null`,
    [hashSecret(secret)],
  )
  return user
}

/** Spends a sign-in token for a new session; undefined: it was spent, has expired, or never was. */
export async function openSession(query: Query, token: string): Promise<string | undefined> {
  const secret = newSecret()
  const [row] = await query<{ opened: boolean }>(
    `select almanac_private.redeem_login_token($1, $2) as opened`,
    [hashSecret(token), hashSecret(secret)],
  )
  return row?.opened ? secret : undefined
}

/** Signs a session out. */
export async function endSession(query: Query, secret: string): Promise<void> {
  await query(`select almanac_private.end_session($1)`, [hashSecret(secret)])
}

/** The cookie that carries a session; without a secret, the one that takes it away. */
export function sessionCookie(request: IncomingMessage, secret: string | undefined): string {
  const lifetime = secret === undefined ? 0 : LIFETIME_SECONDS
  // Behind a proxy that ends TLS, the cookie is for TLS only.
  const secure = request.headers['x-forwarded-proto'] === 'https' ? '; Secure' : ''
  return `${cookieName(request)}=${secret ?? ''}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${lifetime}${secure}`
}

/** Browsers give a cookie to all ports of a host, so the port is in its name: two Almanacs do not sign each other out. */
function cookieName(request: IncomingMessage): string {
  const port = /:(\d+)$/.exec(request.headers.host ?? '')?.[1]
  return port === undefined ? 'almanac_session' : `almanac_session_${port}`
}
