import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** Sent with every answer. Mantine writes style elements, hence 'unsafe-inline' for styles only. */
export const SECURITY_HEADERS: readonly (readonly [string, string])[] = [
  [
    'content-security-policy',
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  ],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
]

/** Whether a request comes from a page of this server, or from no page at all. A browser cannot leave out or forge `Origin`. */
export function isSameOrigin(request: IncomingMessage): boolean {
  const origin = request.headers.origin
  if (origin === undefined) return true
  try {
    return new URL(origin).host === request.headers.host
  } catch {
    return false
  }
}

/**
 * Whether the Host header names this server. A page of another site can have its own name lead here (DNS rebinding), and would
 * then be of this origin; it cannot send an address or `localhost` as its name. `names`: those it is reached by besides.
 */
export function isKnownHost(request: IncomingMessage, names: ReadonlySet<string>): boolean {
  const { host } = request.headers
  if (host === undefined) return true
  const url = URL.parse(`http://${host}`)
  if (!url) return false
  const name = url.hostname.toLowerCase()
  return isIP(name) !== 0 || name.startsWith('[') || name === 'localhost' || names.has(name)
}

/** Host names that a server is reached by: of its public URL, of what it listens on, and others it is told. */
export function hostNames(
  host: string,
  publicUrl: string | undefined,
  others: readonly string[],
): Set<string> {
  const ofUrl = publicUrl === undefined ? [] : [new URL(publicUrl).hostname]
  return new Set([host, ...ofUrl, ...others].map((name) => name.toLowerCase()))
}

export const UNKNOWN_HOST =
  'This server does not go by that name. Set ALMANAC_PUBLIC_URL to the address that browsers use, or add the name to ALMANAC_HOSTS.'
