import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { useServer } from 'graphql-ws/use/ws'
import { Pool } from 'pg'
import { postgraphile } from 'postgraphile'
import { makeGraphQLWSConfig } from 'postgraphile/grafserv'
import { grafserv } from 'postgraphile/grafserv/node'
import { WebSocketServer, type WebSocket } from 'ws'
import { describeError, type Log } from '../worker/log.ts'
import type { Query } from '../worker/query.ts'
import { createAuthRoutes } from './auth/routes.ts'
import { findUser, sessionSecret, type User } from './auth/sessions.ts'
import { createPreset } from './preset.ts'
import { isSameOrigin, SECURITY_HEADERS } from './security.ts'
import { createStatics } from './statics.ts'
import { createSubscriber } from './subscriber.ts'

export interface ServerOptions {
  readonly connectionString: string
  /** For LISTEN, where `connectionString` is a transaction pooler's. */
  readonly directUrl: string
  readonly host: string
  readonly port: number
  readonly log: Log
  /** Folder of the built web client. */
  readonly webFolder?: string
}

export interface RunningServer {
  readonly url: string
  close(): Promise<void>
}

const KEEPALIVE_MS = 12_000
const SESSION_CHECK_MS = 60_000

/** Serves GraphQL over HTTP and WebSocket, sign-in, `/healthz` and the web client. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { connectionString, directUrl, host, port, log } = options
  const pool = new Pool({ connectionString, max: 4, application_name: 'almanac server sign-in' })
  pool.on('error', (error) => log('warning', `A connection was lost: ${describeError(error)}`))
  const query: Query = async <Row extends object>(text: string, values?: unknown[]) =>
    (await pool.query(text, values)).rows as Row[]
  await waitForDatabase(query, log)

  const users = new WeakMap<object, User>()
  const sockets = new Map<WebSocket, string>()
  const subscriber = createSubscriber({ connectionString: directUrl, log })
  const api = postgraphile(
    createPreset({ connectionString, subscriber, whoIs: (request) => users.get(request) }),
  )
  const service = api.createServ(grafserv)
  await api.getSchema()

  const graphql = service.createHandler()
  const auth = createAuthRoutes({ query, onSignOut: (secret) => closeSockets((owner) => owner === secret) })
  const statics = createStatics(options.webFolder ?? join(import.meta.dirname, '../dist/web'))

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of SECURITY_HEADERS) response.setHeader(name, value)
    const path = request.url?.split('?')[0]
    if (path === '/healthz') return await health(response)
    if (request.method !== 'GET' && request.method !== 'HEAD' && !isSameOrigin(request)) {
      return void response.writeHead(403).end('This origin is not allowed.\n')
    }
    if (path === '/graphql') {
      const user = await findUser(query, sessionSecret(request))
      if (!user) return refuse(response)
      users.set(request, user)
      return void graphql(request, response, () => response.writeHead(404).end())
    }
    await (auth(request, response) ?? statics(request, response))
  }

  async function health(response: ServerResponse): Promise<void> {
    const alive = await query('select', []).then(
      () => true,
      () => false,
    )
    response
      .writeHead(alive ? 200 : 503, { 'content-type': 'text/plain' })
      .end(alive ? 'ok\n' : 'The database does not answer.\n')
  }

  const http = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      log('error', `${request.method} ${request.url} failed: ${describeError(error)}`)
      if (!response.headersSent) response.writeHead(503, { 'content-type': 'text/plain' })
      response.end('The database does not answer.\n')
    })
  })

  const wss = new WebSocketServer({
    noServer: true,
    maxPayload: 64_000,
    handleProtocols: (offered) => offered.has('graphql-transport-ws') && 'graphql-transport-ws',
  })
  const gateway = useServer(makeGraphQLWSConfig(service), wss, KEEPALIVE_MS)

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const secret = sessionSecret(request)
    const user =
      request.url === '/graphql' && isSameOrigin(request) ? await findUser(query, secret) : undefined
    if (!user || secret === undefined)
      return void socket.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n')
    users.set(request, user)
    wss.handleUpgrade(request, socket, head, (webSocket) => {
      sockets.set(webSocket, secret)
      webSocket.once('close', () => sockets.delete(webSocket))
      wss.emit('connection', webSocket, request)
    })
  }
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    upgrade(request, socket, head).catch(() => socket.destroy())
  })

  function closeSockets(which: (secret: string) => boolean): void {
    for (const [socket, secret] of sockets) if (which(secret)) socket.close(4401, 'Signed out')
  }
  /** Sessions also end without a word: they expire, and users are disabled. */
  async function checkSessions(): Promise<void> {
    for (const secret of new Set(sockets.values())) {
      if (!(await findUser(query, secret))) closeSockets((owner) => owner === secret)
    }
  }
  const checking = setInterval(() => void checkSessions().catch(() => undefined), SESSION_CHECK_MS)

  const url = await listen()
  return { url, close }

  async function listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      http.once('error', reject)
      http.listen(port, host, resolve)
    })
    const address = http.address() as AddressInfo
    return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`
  }

  async function close(): Promise<void> {
    clearInterval(checking)
    const closed = new Promise<void>((resolve) => http.close(() => resolve()))
    for (const socket of wss.clients) socket.close(1001, 'The server stops')
    await gateway.dispose()
    http.closeIdleConnections()
    await subscriber.release()
    await api.release()
    http.closeAllConnections()
    await closed
    await pool.end()
  }
}

function refuse(response: ServerResponse): void {
  response.writeHead(401, { 'content-type': 'application/json' })
  const message = 'Nobody is signed in. "npx almanac login-link" prints a sign-in link.'
  response.end(JSON.stringify({ errors: [{ message, extensions: { code: 'UNAUTHENTICATED' } }] }))
}

/** A server that starts with its database finds it soon; PostGraphile would answer every request with an error until then. */
async function waitForDatabase(query: Query, log: Log): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await query('select from almanac.users limit 0', [])
      return
    } catch (error) {
      const code = (error as { code?: string }).code
      if (code === '42P01' || code === '3F000')
        throw new Error('The database has no Almanac in it. Run "npx almanac migrate".', { cause: error })
      if (code === '42501') return
      if (code === '28P01' || code === '3D000' || tries >= 60) throw error
      if (tries === 0) log('warning', `Waiting for the database: ${describeError(error)}`)
      await delay(500)
    }
  }
}
