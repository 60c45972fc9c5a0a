import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { useServer } from 'graphql-ws/use/ws'
import { makeGraphQLWSConfig, type GrafservBase } from 'postgraphile/grafserv'
import { getOperationAST, GraphQLError, OperationTypeNode, type DocumentNode } from 'postgraphile/graphql'
import { WebSocket, WebSocketServer } from 'ws'
import { describeError, type Log } from '../process/log.ts'
import { addressOf, sessionSecret, type Sessions, type User } from './auth/sessions.ts'
import { ClosingSocket } from './closingSocket.ts'
import { LIMITS } from './limits/limits.ts'
import { createTurns, TooManyWait } from './limits/turns.ts'
import { isKnownHost, isSameOrigin, type Names } from './security.ts'

export interface SocketOptions {
  readonly service: GrafservBase
  readonly sessions: Sessions
  /** Told who sends an upgrade request, before GraphQL sees it. */
  readonly remember: (request: IncomingMessage, user: User) => void
  readonly names: Names
  readonly log: Log
  /** How often open sockets are held against their sessions. */
  readonly checkMs: number | undefined
}

export interface Sockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Closes the sockets of a session that was signed out. */
  closeSession(secret: string): void
  close(): Promise<void>
}

const KEEPALIVE_MS = 12_000
const RATE_CHECK_MS = 10_000

/** Close codes: graphql-ws clients give up after 4401, and connect again after 1012. */
const SIGNED_OUT = 4401
const CONNECT_AGAIN = 1012
const TRY_LATER = 1013

interface Owner {
  readonly secret: string
  readonly address: string
  readonly user: User
  /** How many it has sent since the last look. */
  messages: number
  /** Asked for its subscriptions; undefined before connection_init. */
  context?: { readonly subscriptions: object }
}

/** GraphQL subscriptions over WebSocket, for those who are signed in and for pages of this server. */
export function createSockets(options: SocketOptions): Sockets {
  const { service, sessions, remember, names, log, checkMs = LIMITS.sessionCheckMs } = options
  const open = new Map<WebSocket, Owner>()
  const admitting = new Map<string, number>()
  const setUps = createTurns({
    most: 1,
    mostPerUser: 1,
    mostWaiting: LIMITS.subscriptionsPerUser,
    waitMs: LIMITS.requestMs,
  })
  const wss = new WebSocketServer({
    noServer: true,
    WebSocket: ClosingSocket,
    // @types/ws does not know it yet.
    ...{ closeTimeout: LIMITS.closeMs },
    maxPayload: LIMITS.mostMessageBytes,
    handleProtocols: (offered) => offered.has('graphql-transport-ws') && 'graphql-transport-ws',
  })
  const config = subscriptionsOnly(makeGraphQLWSConfig(service), awaitTurn)
  const gateway = useServer({ ...config, connectionInitWaitTimeout: LIMITS.initMs }, wss, KEEPALIVE_MS)
  const watching = setInterval(watch, RATE_CHECK_MS)
  const checking = setInterval(() => {
    check().catch((error: unknown) => log('debug', `Sessions were not checked: ${describeError(error)}`))
  }, checkMs)

  async function admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (request.url !== '/graphql') return refuse(socket, '404 Not Found')
    if (!isKnownHost(request, names)) return refuse(socket, '421 Misdirected Request')
    if (!isSameOrigin(request, names)) return refuse(socket, '403 Forbidden')
    const secret = sessionSecret(request, names)
    if (secret === undefined) return refuse(socket, '401 Unauthorized')
    // Before the database is asked who it is: a flood of one session costs no look-ups.
    const asking = admitting.get(secret) ?? 0
    if (asking + countOpen((owner) => owner.secret === secret) >= LIMITS.socketsPerSession)
      return refuse(socket, '429 Too Many Requests')
    admitting.set(secret, asking + 1)
    const address = addressOf(request)
    const user = await sessions.find(secret, address).finally(() => {
      const others = admitting.get(secret)! - 1
      if (others > 0) admitting.set(secret, others)
      else admitting.delete(secret)
    })
    if (!user) return refuse(socket, '401 Unauthorized')
    if (
      open.size >= LIMITS.sockets ||
      countOpen((owner) => owner.user.id === user.id) >= LIMITS.socketsPerUser
    )
      return refuse(socket, '429 Too Many Requests')

    remember(request, user)
    wss.handleUpgrade(request, socket, head, (webSocket) => {
      const owner: Owner = { secret, address, user, messages: 0 }
      open.set(webSocket, owner)
      for (const kind of ['message', 'ping', 'pong'])
        webSocket.on(kind, () => {
          if (++owner.messages >= LIMITS.messagesPer10s) webSocket.close(TRY_LATER, 'Too many messages')
        })
      webSocket.once('close', () => open.delete(webSocket))
      wss.emit('connection', webSocket, request)
    })
  }

  function countOpen(condition: (owner: Owner) => boolean): number {
    let count = 0
    for (const owner of open.values()) if (condition(owner)) count++
    return count
  }

  /** Why a socket gets no further subscription; undefined: it does. */
  function refusal(context: SubscribeContext): string | undefined {
    const count = (of: Owner['context']) => (of ? Object.keys(of.subscriptions).length : 0)
    if (count(context) > LIMITS.subscriptionsPerSocket)
      return `A socket may have at most ${LIMITS.subscriptionsPerSocket} subscriptions.`
    const mine = open.get(context.extra.socket)
    if (!mine) return 'The socket is closed.'
    mine.context = context
    let ofUser = 0
    for (const owner of open.values()) {
      if (owner.user.id === mine.user.id) ofUser += count(owner.context)
      if (ofUser > LIMITS.subscriptionsPerUser)
        return `A user may have at most ${LIMITS.subscriptionsPerUser} subscriptions at once. Close some windows.`
    }
    return undefined
  }

  /**
   * Resolves when a subscription may be set up, or with why it may not be. Checking and planning one takes milliseconds in
   * which nothing else is done: there is one in each turn of the event loop, and users take turns. So neither a page with
   * many nor all pages after a restart hold up others, nor /healthz.
   */
  async function awaitTurn(context: SubscribeContext, id: string): Promise<string | undefined> {
    const refused = refusal(context)
    const owner = open.get(context.extra.socket)
    if (refused !== undefined || !owner) return refused
    try {
      setImmediate(await setUps.take(String(owner.user.id)))
    } catch (error) {
      if (error instanceof TooManyWait) return 'Too many subscriptions of this user are waiting to be set up.'
      throw error
    }
    return id in context.subscriptions && context.extra.socket.readyState === WebSocket.OPEN
      ? undefined
      : 'The subscription was completed before it was set up.'
  }

  /** Counts messages again, and ends those who do not read what they are sent. */
  function watch(): void {
    for (const [webSocket, owner] of open) {
      owner.messages = 0
      if (webSocket.bufferedAmount > LIMITS.mostUnsentBytes) webSocket.terminate()
    }
  }

  /** Closes those whose session has ended without a word: it expired, or its user was disabled or given another role. */
  async function check(): Promise<void> {
    for (const [secret, address] of new Map([...open.values()].map((one) => [one.secret, one.address]))) {
      const now = await sessions.find(secret, address)
      for (const [webSocket, owner] of open) {
        if (owner.secret !== secret) continue
        if (!now) webSocket.close(SIGNED_OUT, 'Signed out')
        else if (now.role !== owner.user.role) webSocket.close(CONNECT_AGAIN, 'The role has changed')
      }
    }
  }

  return {
    upgrade(request, socket, head) {
      socket.on('error', () => socket.destroy())
      admit(request, socket, head).catch((error: unknown) => {
        if (error instanceof TooManyWait) return refuse(socket, '429 Too Many Requests')
        log('warning', `A socket was refused: ${describeError(error)}`)
        refuse(socket, '503 Service Unavailable')
      })
    },
    closeSession(secret) {
      for (const [webSocket, owner] of open)
        if (owner.secret === secret) webSocket.close(SIGNED_OUT, 'Signed out')
    },
    async close() {
      clearInterval(checking)
      clearInterval(watching)
      const impatience = setTimeout(() => wss.clients.forEach((one) => one.terminate()), LIMITS.closeMs)
      await gateway.dispose()
      clearTimeout(impatience)
    },
  }
}

/** Ends both halves: nothing else would end that of a client that keeps its own open. */
function refuse(socket: Duplex, status: string): void {
  const impatience = setTimeout(() => socket.destroy(), LIMITS.closeMs)
  socket.once('close', () => clearTimeout(impatience))
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}

type GatewayConfig = ReturnType<typeof makeGraphQLWSConfig>
type SubscribeContext = { readonly subscriptions: object; readonly extra: { readonly socket: WebSocket } }

/** Queries and mutations go over HTTP, where each of them finds its user again. */
function subscriptionsOnly(
  config: GatewayConfig,
  awaitTurn: (context: SubscribeContext, id: string) => Promise<string | undefined>,
): GatewayConfig {
  return {
    ...config,
    async onSubscribe(context, id, payload) {
      const refused = await awaitTurn(context as unknown as SubscribeContext, id)
      if (refused !== undefined) return [new GraphQLError(refused)]
      const prepared = await config.onSubscribe?.(context, id, payload)
      if (!prepared || Array.isArray(prepared)) return prepared
      const { document, operationName } = prepared as {
        document: DocumentNode
        operationName?: string | null
      }
      return getOperationAST(document, operationName)?.operation === OperationTypeNode.SUBSCRIPTION
        ? prepared
        : [new GraphQLError('Sockets are for subscriptions only; send queries and mutations by POST.')]
    },
  }
}
