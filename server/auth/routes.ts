import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Query } from '../../process/query.ts'
import { endSession, findUser, openSession, sessionCookie, sessionSecret } from './sessions.ts'

export interface AuthOptions {
  readonly query: Query
  /** Told when a session ends, so that its sockets are closed. */
  readonly onSignOut: (secret: string) => void
}

const MOST_BODY_BYTES = 4_096

/**
 * `POST /auth/login {token}` spends a sign-in link's token for a session cookie, `GET /auth/session` says who is signed in,
 * `POST /auth/logout` ends it. Undefined for any other path.
 */
export function createAuthRoutes({ query, onSignOut }: AuthOptions) {
  return (request: IncomingMessage, response: ServerResponse): Promise<void> | undefined => {
    switch (`${request.method} ${request.url}`) {
      case 'POST /auth/login':
        return login(request, response)
      case 'GET /auth/session':
        return session(request, response)
      case 'POST /auth/logout':
        return logout(request, response)
      default:
        return undefined
    }
  }

  async function login(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = readToken(await readBody(request))
    const secret = token === undefined ? undefined : await openSession(query, token)
    if (secret === undefined) {
      const message =
        'This link was used already, or is older than 15 minutes. "npx almanac login-link" prints a new one.'
      return answer(response, 401, { message })
    }
    response.setHeader('set-cookie', sessionCookie(request, secret))
    answer(response, 200, { user: await findUser(query, secret) })
  }

  async function session(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const user = await findUser(query, sessionSecret(request))
    if (user) answer(response, 200, { user })
    else answer(response, 401, { message: 'No one is signed in.' })
  }

  async function logout(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const secret = sessionSecret(request)
    if (secret !== undefined) {
      await endSession(query, secret)
      onSignOut(secret)
    }
    response.setHeader('set-cookie', sessionCookie(request, undefined))
    answer(response, 200, {})
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}

function readToken(body: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body)
    const token = typeof value === 'object' && value !== null && 'token' in value ? value.token : undefined
    return typeof token === 'string' && /^[\w-]{43}$/.test(token) ? token : undefined
  } catch {
    return undefined
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MOST_BODY_BYTES) return ''
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
