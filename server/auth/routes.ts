import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Names } from '../security.ts'
import { addressOf, sessionCookie, sessionSecret, type Sessions } from './sessions.ts'

export interface AuthOptions {
  readonly sessions: Sessions
  readonly names: Names
  /** Told when a session ends, so that its sockets are closed. */
  readonly onSignOut: (secret: string) => void
}

const MOST_BODY_BYTES = 4_096

/**
 * `POST /auth/login {token}` spends a sign-in link's token for a session cookie, `GET /auth/session` says who is signed in,
 * `POST /auth/logout` ends it. Undefined for any other path.
 */
export function createAuthRoutes({ sessions, names, onSignOut }: AuthOptions) {
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
    const secret = token === undefined ? undefined : await sessions.open(token, addressOf(request))
    if (secret === undefined) {
      const message =
        'This link has already been used, or is older than 15 minutes. "npx almanac login-link" prints a new one.'
      return answer(response, 401, { message })
    }
    response.setHeader('set-cookie', sessionCookie(request, secret, names))
    answer(response, 200, { user: await sessions.find(secret, addressOf(request)) })
  }

  async function session(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const user = await sessions.find(sessionSecret(request, names), addressOf(request))
    if (user) answer(response, 200, { user })
    else answer(response, 401, { message: 'No one is signed in.' })
  }

  async function logout(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const secret = sessionSecret(request, names)
    if (secret !== undefined) {
      await sessions.end(secret, addressOf(request))
      onSignOut(secret)
    }
    response.setHeader('set-cookie', sessionCookie(request, undefined, names))
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
