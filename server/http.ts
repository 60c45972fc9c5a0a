import { randomBytes } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { describeError, type Log } from '../process/log.ts'
import { addressOf, sessionSecret, type Sessions, type User } from './auth/sessions.ts'
import { TooManyWait } from './limits/turns.ts'
import { GRAPHIQL_FILES } from './plugins/graphiql.ts'
import { isKnownHost, isSameOrigin, SECURITY_HEADERS, UNKNOWN_HOST, type Names } from './security.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

export interface HttpOptions {
  readonly sessions: Sessions
  /** Told who sends a request, before GraphQL sees it. */
  readonly remember: (request: IncomingMessage, user: User) => void
  /** Grafserv's handler. */
  readonly graphql: (
    request: IncomingMessage,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ) => void
  /** The sign-in addresses; undefined for any other. */
  readonly auth: (...exchange: Parameters<Handler>) => Promise<void> | undefined
  readonly statics: Handler
  readonly names: Names
  /** What `/healthz` tells; null: the database does not answer, without which the server is of no use. */
  readonly health: () => Promise<object | null>
  readonly log: Log
}

/** Answers all that comes over HTTP: `/healthz`, `/graphql`, `/auth/…`, and the web client for the rest. */
export function createRequestListener(options: HttpOptions): RequestListener {
  const { sessions, remember, graphql, auth, statics, names, health: lookAtHealth, log } = options

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of SECURITY_HEADERS) response.setHeader(name, value)
    const path = request.url?.split('?')[0]
    // Monitoring may call it by any name.
    if (path === '/healthz') return await health(response)
    if (!isKnownHost(request, names)) return answer(response, 421, UNKNOWN_HOST)
    if (request.method !== 'GET' && request.method !== 'HEAD' && !isSameOrigin(request, names)) {
      const remedy = 'A proxy in front of Almanac must pass on the Host header that the browser sent.'
      return answer(response, 403, `This origin is not allowed. ${remedy}`)
    }
    if (path === '/graphql' || path?.startsWith(GRAPHIQL_FILES)) {
      const user = await sessions.find(sessionSecret(request, names), addressOf(request))
      if (!user) return refuse(response)
      remember(request, user)
      return graphql(request, response, (error) =>
        error === undefined ? answer(response, 404, 'Not found.') : fail(response, error),
      )
    }
    await (auth(request, response) ?? statics(request, response))
  }

  /** Grafserv gives up on an answer: it cannot be written as JSON, for one. */
  function fail(response: ServerResponse, error: unknown): void {
    const errorId = randomBytes(4).toString('hex')
    log('error', `GraphQL failed (${errorId}): ${describeError(error)}`)
    if (response.headersSent) response.destroy()
    else {
      const message = `Internal server error (reference ${errorId}).`
      answerJson(response, 500, { errors: [{ message, extensions: { errorId } }] })
    }
  }

  async function health(response: ServerResponse): Promise<void> {
    const facts = await lookAtHealth()
    response.writeHead(facts ? 200 : 503, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    response.end(`${JSON.stringify({ database: facts !== null, ...facts })}\n`)
  }

  return (request, response) => {
    respond(request, response).catch((error: unknown) => {
      if (error instanceof TooManyWait) return tooMany(response)
      log('error', `${request.method} ${pathOf(request)} failed: ${describeError(error)}`)
      if (response.headersSent) response.destroy()
      else answer(response, 503, 'The database is not responding.')
    })
  }
}

/** Without the query, which may hold what no log should. */
function pathOf(request: IncomingMessage): string {
  return request.url?.split('?')[0] ?? ''
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
}

function refuse(response: ServerResponse): void {
  const message = 'No one is signed in. "npx almanac login-link" prints a sign-in link.'
  answerJson(response, 401, { errors: [{ message, extensions: { code: 'UNAUTHENTICATED' } }] })
}

/** Those who sign in, or whom the database does not know yet, wait for each other: too many of them do. */
function tooMany(response: ServerResponse): void {
  response.setHeader('retry-after', '1')
  answer(response, 429, 'Too many requests are waiting to be authenticated. Try again in a moment.')
}

function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}
