import { request, type Dispatcher } from 'undici'
import { nestsDeeper } from '../../../process/nestsDeeper.ts'
import { isPermanent, markPermanent } from '../../runs/permanent.ts'
import type { RunTask } from '../../run.ts'
import { publicAgent } from './addresses.ts'
import { buildRequest, type HttpRequest } from './request.ts'
import { createRedaction, type Redaction } from '../../logs/redaction.ts'
import type { HttpSettings } from './settings.ts'

/** What is kept of an answer. */
interface HttpResult {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Parsed where it is JSON, and whole; else as text. */
  readonly body: unknown
  /** Only where the answer was longer than what is kept. */
  readonly truncated?: true
  /** Only where there were any. */
  readonly redirects?: number
}

/** Bytes of an answer that are read; the connection is closed at the next. */
const LONGEST_ANSWER = 32_768
/** Characters of an answer in an error. */
const LONGEST_QUOTE = 500
const CONNECT_WITHIN = 10_000
const KEPT_HEADERS = [
  'content-type',
  'date',
  'etag',
  'last-modified',
  'location',
  'retry-after',
  'x-request-id',
]
const LONGEST_HEADER = 500
/** Levels of an answer that are kept parsed; the result is two more. */
const DEEPEST = 90
const REDIRECTS = [301, 302, 303, 307, 308]
/** Of 400 to 499, those that another attempt may not meet again: request timeout, too early, too many requests. */
const PASSING = [408, 425, 429]

/** The task `almanac:http`: sends a request, and takes its answer as the result. What it may say is in docs/tasks.md. */
export function createHttpTask(settings: HttpSettings): RunTask {
  const dispatcher = publicAgent(settings.allowed, CONNECT_WITHIN)
  const redaction = createRedaction(settings.secrets)

  return async (payload, { run, abortSignal }) => {
    const wanted = buildRequest(payload, run, settings, new Date())
    const late = AbortSignal.timeout(wanted.timeout)
    try {
      return await send(wanted, { dispatcher, redaction, signal: AbortSignal.any([abortSignal, late]) })
    } catch (error) {
      abortSignal.throwIfAborted()
      if (late.aborted) throw new Error(`${wanted.label} did not answer within ${wanted.timeout / 1_000} s.`)
      throw error
    }
  }
}

interface Sending {
  readonly dispatcher: Dispatcher
  readonly redaction: Redaction
  readonly signal: AbortSignal
}

async function send(first: HttpRequest, sending: Sending): Promise<HttpResult> {
  let wanted = first
  for (let redirects = 0; ; redirects++) {
    const response = await sendOnce(wanted, sending)
    const location = headerOf(response.headers, 'location')
    if (
      !REDIRECTS.includes(response.statusCode) ||
      location === undefined ||
      redirects >= wanted.maxRedirects
    )
      return judge(wanted, response, redirects, sending.redaction)
    // Left unread; what undici says of that is no one's error.
    response.body.on('error', () => undefined).destroy()
    wanted = follow(wanted, response.statusCode, location)
  }
}

async function sendOnce(
  wanted: HttpRequest,
  { dispatcher, redaction, signal }: Sending,
): Promise<Dispatcher.ResponseData> {
  const { url, method, headers, body, timeout } = wanted
  try {
    return await request(url, {
      method,
      headers,
      body,
      dispatcher,
      signal,
      headersTimeout: timeout,
      bodyTimeout: timeout,
    })
  } catch (error) {
    throw failed(wanted, error, redaction)
  }
}

/** What a browser would send, but for what is only for the host that the payload names. */
function follow(from: HttpRequest, status: number, location: string): HttpRequest {
  const url = URL.canParse(location, from.url) ? new URL(location, from.url) : null
  if (!url || !/^https?:$/.test(url.protocol) || (from.url.protocol === 'https:' && url.protocol === 'http:'))
    throw permanent(`${from.label} redirects to an address that is neither https nor http, or is malformed.`)
  const isSameOrigin = url.origin === from.url.origin
  if (!isSameOrigin && from.isSecret)
    throw permanent(
      `${from.label} redirects to another host, to which its secrets are not sent. Set the url to that host.`,
    )
  const keeps = status === 307 || status === 308 || from.method === 'GET' || from.method === 'HEAD'
  const { accept = '*/*', 'user-agent': agent = '', 'content-type': type, ...others } = from.headers
  return {
    ...from,
    url,
    method: keeps ? from.method : 'GET',
    body: keeps ? from.body : null,
    label: from.label.replace(/( \(redirected\))?$/, ' (redirected)'),
    headers: {
      accept,
      'user-agent': agent,
      ...(keeps && type !== undefined && { 'content-type': type }),
      ...(isSameOrigin && others),
    },
  }
}

async function judge(
  wanted: HttpRequest,
  response: Dispatcher.ResponseData,
  redirects: number,
  redaction: Redaction,
): Promise<HttpResult> {
  const { statusCode: status, headers } = response
  const { text, kept, isWhole } = await readText(wanted, response, redaction)
  const isExpected = wanted.expectedStatus?.includes(status) ?? (status >= 200 && status < 300)
  if (!isExpected) {
    const said = redaction.start(text, kept).trim().slice(0, LONGEST_QUOTE)
    const message = `${wanted.label} answered ${status}${said === '' ? '' : `: ${said}`}`
    throw isFinal(status) ? permanent(message) : new Error(message)
  }
  const json = isWhole && isJson(headerOf(headers, 'content-type')) ? parsed(text, redaction) : undefined
  return {
    status,
    headers: Object.fromEntries(
      KEPT_HEADERS.flatMap((name) => {
        const value = headerOf(headers, name)
        return value === undefined ? [] : [[name, redaction.text(value).slice(0, LONGEST_HEADER)]]
      }),
    ),
    body: json === undefined ? redaction.start(text, kept) : json,
    ...(!isWhole && { truncated: true }),
    ...(redirects > 0 && { redirects }),
  }
}

/** Reads on by the length of a secret, so that none is cut before it is found; `kept`: how many characters to keep. */
async function readText(
  wanted: HttpRequest,
  { headers, body }: Dispatcher.ResponseData,
  redaction: Redaction,
): Promise<{ text: string; kept: number; isWhole: boolean }> {
  const most = LONGEST_ANSWER + redaction.longest
  const parts: Buffer[] = []
  let length = 0
  try {
    for await (const part of body as AsyncIterable<Buffer>) {
      parts.push(part)
      length += part.length
      if (length > most) break
    }
  } catch (error) {
    throw failed(wanted, error, redaction)
  }
  const bytes = Buffer.concat(parts).subarray(0, most)
  const text = decoder(headerOf(headers, 'content-type')).decode(bytes)
  const isWhole = length <= LONGEST_ANSWER
  // At the end of what was read, one may be cut.
  const safe = length <= most ? text.length : Math.max(0, text.length - redaction.longest)
  const kept = isWhole ? text.length : Math.min(LONGEST_ANSWER, safe)
  return { text, kept, isWhole }
}

function decoder(contentType = ''): TextDecoder {
  const charset = /charset="?([\w-]+)/i.exec(contentType)?.[1]
  try {
    return new TextDecoder(charset)
  } catch {
    return new TextDecoder()
  }
}

/** Whether the server would say the same again. */
function isFinal(status: number): boolean {
  return status < 500 && !PASSING.includes(status)
}

function isJson(contentType = ''): boolean {
  return /^application\/([\w.-]+\+)?json\b/i.test(contentType)
}

/** Undefined where it is none, or nests deeper than results are kept. */
function parsed(text: string, redaction: Redaction): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return nestsDeeper(value, DEEPEST) ? undefined : redaction.value(value)
  } catch {
    return undefined
  }
}

function headerOf(headers: Dispatcher.ResponseData['headers'], name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

/** Keeps why it is refused, which no further attempt would change. */
function failed({ label }: HttpRequest, error: unknown, redaction: Redaction): Error {
  const cause = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  const why = cause instanceof Error ? cause.message : String(cause)
  const failure = new Error(`${label} failed: ${redaction.text(why)}`)
  return isPermanent(cause) ? markPermanent(failure) : failure
}

function permanent(message: string): Error {
  return markPermanent(new Error(message))
}
