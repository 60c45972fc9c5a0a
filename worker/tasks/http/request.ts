import { createHmac } from 'node:crypto'
import * as v from 'valibot'
import { markPermanent } from '../../runs/permanent.ts'
import type { Run } from '../../run.ts'
import type { HttpSettings, Secret } from './settings.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
/** Seconds for a request, its redirects and its answer, where the payload names none. */
const DEFAULT_TIMEOUT = 30

/** The database checks a payload by the schema of the task when it is written; this only tells TypeScript what it is. */
const Payload = v.object({
  url: v.string(),
  method: v.optional(v.picklist(METHODS)),
  headers: v.optional(v.record(v.string(), v.string()), {}),
  body: v.optional(v.unknown()),
  sign_with: v.optional(v.string()),
  expect_status: v.optional(v.array(v.number())),
  max_redirects: v.optional(v.number(), 0),
  timeout_seconds: v.optional(v.number(), DEFAULT_TIMEOUT),
})

/** A request as it is sent. */
export interface HttpRequest {
  readonly url: URL
  readonly method: (typeof METHODS)[number]
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  readonly expectedStatus: readonly number[] | null
  readonly maxRedirects: number
  /** Milliseconds. */
  readonly timeout: number
  /** Whether it holds a secret, or is signed with one. */
  readonly isSecret: boolean
  /** What it is called in errors: as the payload has it, with nothing filled in. */
  readonly label: string
}

/** Set by HTTP itself, or by the connection: whoever could set them could send a second request inside the first. */
const RESERVED =
  /^(host|content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|proxy-.*)$/
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/
/** Visible characters, spaces and tabs: no line break begins another header. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Reads what a payload asks for, with its secrets and facts of the run filled in. Its errors are permanent. */
export function buildRequest(payload: unknown, run: Run, settings: HttpSettings, now: Date): HttpRequest {
  const read = v.safeParse(Payload, payload)
  if (!read.success) throw wrong(`The payload of almanac:http is invalid: ${read.issues[0].message}.`)
  const given = read.output
  const used = new Map<string, Secret>()
  const fill = filler(run, settings, used)

  requirePlainHost(given.url)
  const url = readUrl(fill(given.url, encodeURIComponent))
  const hasBody = given.body !== undefined && given.body !== null
  const method = given.method ?? (hasBody ? 'POST' : 'GET')
  if (hasBody && (method === 'GET' || method === 'HEAD'))
    throw wrong(`A ${method} request cannot have a body.`)
  const body = hasBody ? bodyText(given.body, fill) : null
  const headers = {
    accept: '*/*',
    'user-agent': 'Almanac',
    ...(hasBody && {
      'content-type': typeof given.body === 'string' ? 'text/plain; charset=utf-8' : 'application/json',
    }),
    'idempotency-key': messageId(run),
    ...readHeaders(given.headers, fill),
  }
  const signature = given.sign_with === undefined ? {} : sign(given.sign_with, body ?? '')
  for (const [name, secret] of used) requireHost(name, secret, url)
  return {
    url,
    method,
    headers: { ...headers, ...signature },
    body,
    expectedStatus: given.expect_status ?? null,
    maxRedirects: given.max_redirects,
    timeout: Math.max(1, Math.round(given.timeout_seconds * 1_000)),
    isSecret: used.size > 0,
    label: `${method} ${given.url.replace(/[?#].*$/s, '')}`,
  }

  /** As https://www.standardwebhooks.com has it: a receiver checks it with any of its libraries. */
  function sign(name: string, text: string): Record<string, string> {
    const secret = secretNamed(name, settings)
    used.set(name, secret)
    const id = messageId(run)
    const timestamp = String(Math.floor(now.getTime() / 1_000))
    const signature = createHmac('sha256', keyOf(secret.value))
      .update(`${id}.${timestamp}.${text}`)
      .digest('base64')
    return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
  }
}

/** The same at each attempt, so that a receiver can tell a repetition. */
function messageId(run: Run): string {
  return `almanac-run-${run.id}`
}

function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret)
}

/** A url whose host is written out, or one secret that is all of it: what is filled in decides no host. */
const PLAIN_HOST = /^(https?:\/\/[^/?#{}\\]+([/?#]|$)|\{\{\s*secret:[^{}]*\}\}$)/i

function requirePlainHost(text: string): void {
  if (!PLAIN_HOST.test(text))
    throw wrong(
      'The url of almanac:http must be of the form https://example.com/path, with {{…}} only after its host, or consist of one {{secret:NAME}}.',
    )
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '')
    throw wrong('The url of almanac:http, once filled in, is not of the form https://example.com/path.')
  if (url.username !== '' || url.password !== '')
    throw wrong(
      'The url of almanac:http contains a password. Send it as a header: "Authorization": "Basic {{secret:NAME}}".',
    )
  url.hash = ''
  return url
}

function readHeaders(
  given: Readonly<Record<string, string>>,
  fill: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).map(([name, text]) => {
      const key = name.toLowerCase()
      if (!HEADER_NAME.test(key)) throw wrong(`"${name.slice(0, 100)}" is not a valid header name.`)
      if (RESERVED.test(key)) throw wrong(`The header ${name} is set by the connection; remove it.`)
      const value = fill(text)
      if (!HEADER_VALUE.test(value))
        throw wrong(`The header ${name} contains characters that headers cannot contain.`)
      return [key, value]
    }),
  )
}

function bodyText(body: unknown, fill: (text: string) => string): string {
  return typeof body === 'string' ? fill(body) : JSON.stringify(mapTexts(body, fill))
}

function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value)
  if (Array.isArray(value)) return value.map((part) => mapTexts(part, map))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, mapTexts(part, map)]))
}

const PLACE = /\{\{\s*([^{}]*?)\s*\}\}/g

/** Puts into a text what its `{{…}}` stand for. */
function filler(run: Run, settings: HttpSettings, used: Map<string, Secret>) {
  const facts: Readonly<Record<string, string>> = {
    'run.id': run.id,
    'run.scheduled_for': new Date(run.scheduledFor).toISOString(),
    'run.attempt': String(run.attempt),
    'run.schedule_id': run.scheduleId,
  }
  return (text: string, escape: (value: string) => string = (value) => value) =>
    text.replace(PLACE, (place, inner: string) => {
      const fact = Object.hasOwn(facts, inner) ? facts[inner] : undefined
      if (fact !== undefined) return escape(fact)
      const name = /^secret:(.*)$/.exec(inner)?.[1]
      if (name === undefined)
        throw wrong(
          `${place.slice(0, 100)} is unknown. Available are ${Object.keys(facts)
            .map((key) => `{{${key}}}`)
            .join(', ')} and {{secret:NAME}}.`,
        )
      const secret = secretNamed(name, settings)
      used.set(name, secret)
      return secret.value
    })
}

function secretNamed(name: string, { secrets }: HttpSettings): Secret {
  const secret = secrets.get(name)
  if (secret) return secret
  throw wrong(
    `This worker has no secret ${name.slice(0, 100)}. Whoever runs the worker must set ALMANAC_SECRET_NAME, and the hosts it may be sent to in ALMANAC_SECRET_NAME_HOSTS.`,
  )
}

function requireHost(name: string, { hosts }: Secret, url: URL): void {
  const isKnown = hosts.some(
    (host) =>
      `${host.scheme}:` === url.protocol &&
      (host.port === null || host.port === url.port) &&
      (host.name === null ||
        (host.isBelow ? url.hostname.endsWith(`.${host.name}`) : url.hostname === host.name)),
  )
  // Not where to: the url may be the secret.
  if (!isKnown)
    throw wrong(
      `The secret ${name} may not be sent there: ALMANAC_SECRET_${name}_HOSTS of the worker does not name the url's host, scheme (https where it names none) and port.`,
    )
}

function wrong(message: string): Error {
  return markPermanent(new Error(message))
}
