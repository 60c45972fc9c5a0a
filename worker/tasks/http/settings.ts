import ipaddr from 'ipaddr.js'

/** What the environment says of `almanac:http`. */
export interface HttpSettings {
  /** Addresses that are not public, and may be reached all the same. */
  readonly allowed: readonly AddressRange[]
  /** By name. */
  readonly secrets: ReadonlyMap<string, Secret>
}

export type AddressRange = readonly [address: ipaddr.IPv4 | ipaddr.IPv6, prefix: number]

/** A text that payloads name, and that no one but its hosts gets to see. */
export interface Secret {
  readonly value: string
  readonly hosts: readonly SecretHost[]
}

/** Where a secret may be sent. */
interface SecretHost {
  readonly scheme: 'http' | 'https'
  /** In lower case and ASCII; null: any. */
  readonly name: string | null
  /** Whether it is for all hosts below the name, and not for that of the name. */
  readonly isBelow: boolean
  /** As URLs have it, empty for the scheme's own; null: any. */
  readonly port: string | null
}

type Environment = Readonly<Record<string, string | undefined>>

const ALLOWED = 'ALMANAC_HTTP_ALLOW'
/** The name of a secret begins with a letter; that of its hosts is the same with `_HOSTS` at its end. */
const SECRET_VARIABLE = /^ALMANAC_SECRET_([A-Z][A-Z0-9_]*)$/
const HOSTS = '_HOSTS'
/** A shorter one would be found by chance in what is kept, and be cut out of it. */
export const SHORTEST_SECRET = 8

/**
 * Reads `ALMANAC_HTTP_ALLOW` (ranges of addresses: `10.1.0.0/16, ::1/128`), `ALMANAC_SECRET_<NAME>` and
 * `ALMANAC_SECRET_<NAME>_HOSTS`. Throws an error that names the variable which is wrong.
 */
export function readHttpSettings(environment: Environment): HttpSettings {
  return {
    allowed: listOf(environment[ALLOWED]).map(readRange),
    secrets: new Map(secretNames(environment).map((name) => [name, readSecret(name, environment)])),
  }
}

function secretNames(environment: Environment): string[] {
  return Object.keys(environment).flatMap((variable) => {
    const name = SECRET_VARIABLE.exec(variable)?.[1]
    const isOfAnother =
      name?.endsWith(HOSTS) && `ALMANAC_SECRET_${name.slice(0, -HOSTS.length)}` in environment
    return name !== undefined && environment[variable] && !isOfAnother ? [name] : []
  })
}

function readSecret(name: string, environment: Environment): Secret {
  const variable = `ALMANAC_SECRET_${name}`
  const value = environment[variable] ?? ''
  if (value.length < SHORTEST_SECRET || value.trim() !== value)
    throw new Error(
      `${variable} must have at least ${SHORTEST_SECRET} characters, and no leading or trailing spaces.`,
    )
  return {
    value,
    hosts: listOf(environment[variable + HOSTS]).map((text) => readHost(text, variable + HOSTS)),
  }
}

const HOST = /^(?:(https?):\/\/)?(\*|(?:\*\.)?[^\s*/?#@:[\]\\]+|\[[\da-f:.]+\])(?::(\d{1,5}|\*))?$/i

function readHost(text: string, variable: string): SecretHost {
  const [, scheme = 'https', host = '', port = ''] = HOST.exec(text) ?? []
  const isBelow = host.startsWith('*.')
  const url = `${scheme.toLowerCase()}://${host === '*' ? 'any' : isBelow ? host.slice(2) : host}:${port === '*' ? '' : port}`
  if (host === '' || !URL.canParse(url))
    throw new Error(
      `${variable} must list hosts: api.example.com, *.example.com, http://10.0.0.5:8080. "${text.slice(0, 100)}" is not one.`,
    )
  const { hostname, protocol, port: given } = new URL(url)
  return {
    scheme: protocol === 'http:' ? 'http' : 'https',
    name: host === '*' ? null : hostname,
    isBelow,
    port: port === '*' ? null : given,
  }
}

function readRange(text: string): AddressRange {
  try {
    return ipaddr.isValid(text) ? [ipaddr.parse(text), text.includes(':') ? 128 : 32] : ipaddr.parseCIDR(text)
  } catch {
    throw new Error(
      `${ALLOWED} must list addresses or ranges: 10.1.0.0/16, 192.168.1.5, ::1. "${text.slice(0, 100)}" is not one.`,
    )
  }
}

function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
