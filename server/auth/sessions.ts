import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'
import type { Query } from '../../process/query.ts'
import { LIMITS } from '../limits/limits.ts'
import { createTurns } from '../limits/turns.ts'
import { isOverTls, type Names } from '../security.ts'

/** Who is signed in. */
export interface User {
  readonly id: string
  readonly username: string
  readonly displayName: string | null
  readonly role: 'viewer' | 'operator' | 'admin'
  readonly timezone: string | null
  readonly secondTimezone: string | null
  readonly clockHours: number | null
  readonly weekStartsOn: number | null
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
export function sessionSecret(request: IncomingMessage, names: Names): string | undefined {
  const name = cookieName(request, names)
  const cookies = request.headers.cookie?.split(';') ?? []
  const own = cookies.map((cookie) => cookie.trim()).find((cookie) => cookie.startsWith(`${name}=`))
  const secret = own?.slice(name.length + 1)
  return secret && /^[\w-]{43}$/.test(secret) ? secret : undefined
}

export interface Sessions {
  /** Who a session belongs to; undefined: no one is signed in by it. Throws `TooManyWait`. */
  find(secret: string | undefined, address: string): Promise<User | undefined>
  /** Spends a sign-in token for a new session; undefined: it was spent, has expired, or never was. Throws `TooManyWait`. */
  open(token: string, address: string): Promise<string | undefined>
  /** Signs a session out. */
  end(secret: string, address: string): Promise<void>
}

/** Connections that sessions and links are looked up on: one for each of the lanes below, and one more for known sessions. */
export const SIGN_IN_CONNECTIONS = 4

/**
 * Sessions and sign-in links, as the database knows them. Anybody can make up either, and only the database can tell. So that
 * a flood takes no connection from others there are three lanes: sessions that belonged to someone when they were last looked up,
 * all others, and links. In the first, sessions take turns; in the others, addresses do.
 */
export function createSessions(query: Query): Sessions {
  const lane = (most: number) =>
    createTurns({
      most,
      mostPerUser: 1,
      mostWaiting: LIMITS.waitingPerAddress,
      waitMs: LIMITS.signInWaitMs,
    })
  const known = lane(SIGN_IN_CONNECTIONS - 2)
  const unknown = lane(1)
  const links = lane(1)
  // In the order of their last look-up. Only what belongs to someone gets in: a flood pushes no one out.
  const seen = new Set<string>()

  async function look(hash: Buffer): Promise<User | undefined> {
    const [user] = await query<{ [Key in keyof User]: User[Key] }>(
      `select u.id::text, u.username, u.display_name as "displayName", u.role, u.timezone,
         u.second_timezone as "secondTimezone", u.clock_hours as "clockHours", u.week_starts_on as "weekStartsOn"
       from almanac_private.find_session($1) u where u.id is not null`,
      [hash],
    )
    return user
  }

  function note(key: string, isKnown: boolean): void {
    seen.delete(key)
    if (isKnown) seen.add(key)
    if (seen.size <= LIMITS.knownSessions) return
    const [oldest] = seen
    if (oldest !== undefined) seen.delete(oldest)
  }

  /** In the lane of a session. */
  async function inLane<Result>(key: string, address: string, work: () => Promise<Result>): Promise<Result> {
    const giveBack = await (seen.has(key) ? known.take(key) : unknown.take(address))
    try {
      return await work()
    } finally {
      giveBack()
    }
  }

  return {
    async find(secret, address) {
      if (secret === undefined) return undefined
      const hash = hashSecret(secret)
      const key = hash.toString('base64')
      return await inLane(key, address, async () => {
        const user = await look(hash)
        note(key, user !== undefined)
        return user
      })
    },
    async open(token, address) {
      const giveBack = await links.take(address)
      try {
        const secret = newSecret()
        const hash = hashSecret(secret)
        const [row] = await query<{ opened: boolean }>(
          `select almanac_private.redeem_login_token($1, $2) as opened`,
          [hashSecret(token), hash],
        )
        if (!row?.opened) return undefined
        note(hash.toString('base64'), true)
        return secret
      } finally {
        giveBack()
      }
    },
    async end(secret, address) {
      const hash = hashSecret(secret)
      const key = hash.toString('base64')
      await inLane(key, address, () => query(`select almanac_private.end_session($1)`, [hash]))
      seen.delete(key)
    },
  }
}

/** Where a request comes from: behind a proxy, the proxy. What a header says of it anyone can write. */
export function addressOf(request: IncomingMessage): string {
  return laneOf(request.socket.remoteAddress ?? '')
}

/**
 * What of an address takes one turn: of IPv6 its first 64 bits, because anyone who has one address has all that begin
 * with them. An address of IPv4 is the same one however it arrives.
 */
export function laneOf(address: string): string {
  const bare = address.replace(/%.*$/, '').toLowerCase()
  if (!isIPv6(bare)) return bare
  const mapped = /^::ffff:([\d.]+)$/.exec(bare)?.[1]
  if (mapped !== undefined) return mapped
  const [before = '', after] = bare.split('::')
  const head = before.split(':').filter(Boolean)
  const tail = after?.split(':').filter(Boolean) ?? []
  const width = tail.length + (tail.at(-1)?.includes('.') ? 1 : 0)
  const groups =
    after === undefined ? head : [...head, ...Array<string>(8 - head.length - width).fill('0'), ...tail]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

/** The cookie that carries a session; without a secret, the one that takes it away. */
export function sessionCookie(request: IncomingMessage, secret: string | undefined, names: Names): string {
  const lifetime = secret === undefined ? 0 : LIFETIME_SECONDS
  const secure = isOverTls(request, names) ? '; Secure' : ''
  return `${cookieName(request, names)}=${secret ?? ''}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${lifetime}${secure}`
}

/**
 * Browsers give a cookie to all ports of a host, so the port is in its name: two Almanacs do not sign each other out. With
 * TLS it begins with `__Host-`: browsers take such a one from this host alone, so that no page of a neighbouring name
 * puts one of its own before it.
 */
function cookieName(request: IncomingMessage, names: Names): string {
  const port = /:(\d+)$/.exec(request.headers.host ?? '')?.[1]
  const name = port === undefined ? 'almanac_session' : `almanac_session_${port}`
  return isOverTls(request, names) ? `__Host-${name}` : name
}
