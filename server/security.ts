import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

export const CONTENT_SECURITY_POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

/** Sent with every answer. Mantine writes style elements, hence 'unsafe-inline' for styles only. */
export const SECURITY_HEADERS: readonly (readonly [string, string])[] = [
  ['content-security-policy', CONTENT_SECURITY_POLICY],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
]

/** What a server is called by those who reach it. */
export interface Names {
  /** Names that the Host header may say, besides addresses and `localhost`. */
  readonly hosts: ReadonlySet<string>
  /** The one that is reached by TLS, whether or not the proxy that ends it says so. */
  readonly tlsHost: string | undefined
}

/** Host names that a server is reached by: of its public URL, of what it listens on, and others it is told. */
export function namesOf(host: string, publicUrl: string | undefined, others: readonly string[]): Names {
  const url = publicUrl === undefined ? undefined : new URL(publicUrl)
  const hosts = [host, ...(url ? [url.hostname] : []), ...others]
  return {
    hosts: new Set(hosts.map((name) => name.toLowerCase())),
    tlsHost: url?.protocol === 'https:' ? url.hostname.toLowerCase() : undefined,
  }
}

/** Whether the browser sent a request by TLS, to a proxy that ends it. */
export function isOverTls(request: IncomingMessage, { tlsHost }: Names): boolean {
  const told = String(request.headers['x-forwarded-proto'] ?? '')
    .split(',')[0]
    ?.trim()
  return told === 'https' || (tlsHost !== undefined && hostOf(request)?.hostname === tlsHost)
}

/**
 * Whether a request comes from a page of this server, or from no page at all. A browser cannot leave out or
 * forge `Origin`; where a proxy takes it away, `Sec-Fetch-Site` tells.
 * Where the server is reached by TLS, a page of its name without TLS is another's: anyone on the way can send one.
 */
export function isSameOrigin(request: IncomingMessage, names: Names): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers
  if (origin === undefined) return site === undefined || site === 'same-origin' || site === 'none'
  const page = URL.parse(origin)
  if (!page || page.host !== hostOf(request, page.protocol)?.host) return false
  return page.protocol === 'https:' || (page.protocol === 'http:' && !isOverTls(request, names))
}

/**
 * Whether the Host header names this server. A page of another site can have its own name lead here (DNS rebinding), and would
 * then be of this origin; it cannot send an address or `localhost` as its name.
 */
export function isKnownHost(request: IncomingMessage, { hosts }: Names): boolean {
  if (request.headers.host === undefined) return true
  // A proxy might go by the other one.
  if (request.headersDistinct['host']?.length !== 1) return false
  const name = hostOf(request)?.hostname
  if (name === undefined) return false
  return isIP(name) !== 0 || name.startsWith('[') || name === 'localhost' || hosts.has(name)
}

/** The Host header as a URL, in lower case; its host has no port where that is the protocol's own. */
function hostOf({ headers }: IncomingMessage, protocol = 'http:'): URL | null {
  return headers.host === undefined ? null : URL.parse(`${protocol}//${headers.host}`)
}

export const UNKNOWN_HOST =
  'This server does not answer to that name. Set ALMANAC_PUBLIC_URL to the address that browsers use, or add the name to ALMANAC_HOSTS.'
