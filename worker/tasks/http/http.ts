import { request, type Dispatcher } from 'undici'
import { isPermanent, markPermanent } from '../../permanent.ts'
import type { RunTask } from '../../run.ts'
import { publicAgent } from './addresses.ts'
import { buildRequest, type HttpRequest } from './request.ts'
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
const REDIRECTS = [301, 302, 303, 307, 308]
/** Of 400 to 499, those that another attempt may not meet again: request timeout, too early, too many requests. */
const PASSING = [408, 425, 429]

/** The task `almanac:http`: sends a request, and takes its answer as the result. What it may say is in docs/tasks.md. */
export function createHttpTask(settings: HttpSettings): RunTask {
  const agent = publicAgent(settings.allowed, CONNECT_WITHIN)

  return async (payload, { run, abortSignal }) => {
    const wanted = buildRequest(payload, run, settings, new Date())
    const late = AbortSignal.timeout(wanted.timeout)
    try {
      return await send(wanted, agent, AbortSignal.any([abortSignal, late]))
    } catch (error) {
      abortSignal.throwIfAborted()
      if (late.aborted) throw new Error(`${named(wanted)} did not answer within ${wanted.timeout / 1_000} s.`)
      throw error
    }
  }
}

async function send(first: HttpRequest, dispatcher: Dispatcher, signal: AbortSignal): Promise<HttpResult> {
  let wanted = first
  for (let redirects = 0; ; redirects++) {
    const response = await sendOnce(wanted, dispatcher, signal)
    const location = headerOf(response.headers, 'location')
    if (
      !REDIRECTS.includes(response.statusCode) ||
      location === undefined ||
      redirects >= wanted.maxRedirects
    )
      return judge(wanted, response, redirects)
    // Left unread; what undici says of that is no one's error.
    response.body.on('error', () => undefined).destroy()
    wanted = follow(wanted, response.statusCode, location)
  }
}

async function sendOnce(
  wanted: HttpRequest,
  dispatcher: Dispatcher,
  signal: AbortSignal,
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
    throw notSent(wanted, error)
  }
}

/** What a browser would send, but for what is only for the host that the payload names. */
function follow(from: HttpRequest, status: number, location: string): HttpRequest {
  const url = URL.canParse(location, from.url) ? new URL(location, from.url) : null
  if (!url || !/^https?:$/.test(url.protocol) || (from.url.protocol === 'https:' && url.protocol === 'http:'))
    throw permanent(
      `${named(from)} redirects to what is not followed: ${from.redact(location).slice(0, LONGEST_QUOTE)}`,
    )
  const isSameOrigin = url.origin === from.url.origin
  if (!isSameOrigin && from.secrets.length > 0)
    throw permanent(
      `${named(from)} redirects to ${url.host}, and its secrets are not sent there. Set the url to that.`,
    )
  const keeps = status === 307 || status === 308 || from.method === 'GET' || from.method === 'HEAD'
  const { accept = '*/*', 'user-agent': agent = '', 'content-type': type, ...others } = from.headers
  return {
    ...from,
    url,
    method: keeps ? from.method : 'GET',
    body: keeps ? from.body : null,
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
): Promise<HttpResult> {
  const { statusCode: status, headers } = response
  const { text, isWhole } = await readText(response)
  const readable = wanted.redact(text)
  const isExpected = wanted.expectedStatus?.includes(status) ?? (status >= 200 && status < 300)
  if (!isExpected) {
    const said = readable.trim().slice(0, LONGEST_QUOTE)
    const message = `${named(wanted)} answered ${status}${said === '' ? '' : `: ${said}`}`
    throw isFinal(status) ? permanent(message) : new Error(message)
  }
  return {
    status,
    headers: Object.fromEntries(
      KEPT_HEADERS.flatMap((name) => {
        const value = headerOf(headers, name)
        return value === undefined ? [] : [[name, wanted.redact(value).slice(0, LONGEST_HEADER)]]
      }),
    ),
    body: isWhole && isJson(headerOf(headers, 'content-type')) ? parsed(readable) : readable,
    ...(!isWhole && { truncated: true }),
    ...(redirects > 0 && { redirects }),
  }
}

async function readText({
  headers,
  body,
}: Dispatcher.ResponseData): Promise<{ text: string; isWhole: boolean }> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of body as AsyncIterable<Buffer>) {
    parts.push(part)
    length += part.length
    if (length > LONGEST_ANSWER) break
  }
  const bytes = Buffer.concat(parts).subarray(0, LONGEST_ANSWER)
  return { text: decoder(headerOf(headers, 'content-type')).decode(bytes), isWhole: length <= LONGEST_ANSWER }
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

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function headerOf(headers: Dispatcher.ResponseData['headers'], name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

/** Without the query, which often holds what is not for everyone. */
function named({ method, url, redact }: HttpRequest): string {
  return redact(`${method} ${url.origin}${url.pathname}`)
}

/** Keeps why it is refused, which no further attempt would change. */
function notSent(wanted: HttpRequest, error: unknown): Error {
  const cause = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  const why = cause instanceof Error ? cause.message : String(cause)
  const failure = new Error(`${named(wanted)} failed: ${wanted.redact(why)}`)
  return isPermanent(cause) ? markPermanent(failure) : failure
}

function permanent(message: string): Error {
  return markPermanent(new Error(message))
}
