import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { postgraphile } from 'postgraphile'
import { grafserv } from 'postgraphile/grafserv/node'
import type { Limits } from '../process/client.ts'
import { describeError, type Log } from '../process/log.ts'
import { queryOn, type Query } from '../process/query.ts'
import { addressOf, listenError } from './address.ts'
import { createAuthRoutes } from './auth/routes.ts'
import { createSessions, SIGN_IN_CONNECTIONS, type User } from './auth/sessions.ts'
import { CONNECTION_BOUNDS, createBoundServer, type ConnectionBounds } from './connections.ts'
import { createPool, waitForDatabase } from './database.ts'
import { checkExposure } from './exposure.ts'
import { createHealth } from './health.ts'
import { createRequestListener } from './http.ts'
import { LIMITS } from './limits/limits.ts'
import { createPreset } from './preset.ts'
import { namesOf } from './security.ts'
import { createSockets } from './sockets.ts'
import { createStatics } from './statics.ts'
import { createSubscriber } from './subscriber.ts'

export interface ServerOptions {
  readonly connectionString: string
  /** For LISTEN, where `connectionString` is a transaction pooler's. */
  readonly directUrl: string
  readonly host: string
  readonly port: number
  /** Where browsers reach it, if not at `host` and `port`: it is behind a proxy. */
  readonly publicUrl?: string | undefined
  /** Further names that it goes by, besides those of `host`, `publicUrl` and this machine. */
  readonly hosts?: readonly string[]
  readonly log: Log
  /** Folder of the built web client. */
  readonly webFolder: string
  /** How often open sockets are held against their sessions. */
  readonly sessionCheckMs?: number
  readonly connections?: Partial<ConnectionBounds>
  /** How long the database may take to answer `/healthz`. */
  readonly healthWithinMs?: number
}

export interface RunningServer {
  /** Where a browser on this machine finds it. */
  readonly url: string
  close(): Promise<void>
}

/** No connection waits for a lock longer than the one who asks for its answer. */
const SIGN_IN_LIMITS: Limits = { lockTimeout: 3_000, statementTimeout: 10_000 }
const REQUEST_LIMITS: Limits = { lockTimeout: 10_000, statementTimeout: 30_000 }
const END_REQUESTS_WITHIN_MS = 5_000

/** Serves GraphQL over HTTP and WebSocket, sign-in, `/healthz` and the web client, once the database answers. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const closers: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    return { url: await open(options, closers), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Opens one part after the other, and notes how each is closed. */
async function open(options: ServerOptions, closers: (() => Promise<void>)[]): Promise<string> {
  const { connectionString, directUrl, host, port, webFolder, log } = options

  // Of its own, so that sign-in answers while GraphQL is busy.
  const signInPool = createPool(
    {
      connectionString,
      max: SIGN_IN_CONNECTIONS,
      query_timeout: 10_000,
      limits: SIGN_IN_LIMITS,
      application_name: 'almanac server sign-in',
    },
    log,
  )
  closers.push(() => signInPool.end())
  const query = queryOn(signInPool)
  // Of its own, too: it needs no sign-in, nor do look-ups of made-up sessions, which it would wait for.
  const healthPool = createPool(
    {
      connectionString,
      max: 1,
      query_timeout: 5_000,
      limits: SIGN_IN_LIMITS,
      application_name: 'almanac server health',
    },
    log,
  )
  closers.push(() => healthPool.end())
  await waitForDatabase(query, log)
  const announce = (url: string) => announceServer(query, options.publicUrl ?? url, log)
  // Before it may refuse to listen: the link that sets up sign-in leads here too.
  if (port !== 0) await announce(addressOf(host, port))
  await checkExposure(query, host)

  const pool = createPool(
    { connectionString, max: LIMITS.connections, limits: REQUEST_LIMITS, application_name: 'almanac server' },
    log,
  )
  closers.push(() => pool.end())
  const subscriber = createSubscriber({ connectionString: directUrl, log })
  closers.push(() => subscriber.release())
  const users = new WeakMap<object, User>()
  const api = postgraphile(createPreset({ pool, subscriber, whoIs: (request) => users.get(request), log }))
  closers.push(async () => api.release())
  const service = api.createServ(grafserv)
  await api.getSchema()

  const signedIn = {
    sessions: createSessions(query),
    names: namesOf(host, options.publicUrl, options.hosts ?? []),
    remember: (request: object, user: User) => void users.set(request, user),
  }
  const sockets = createSockets({ ...signedIn, service, log, checkMs: options.sessionCheckMs })
  const http = createBoundServer(
    createRequestListener({
      ...signedIn,
      health: createHealth(queryOn(healthPool), options.healthWithinMs ?? 2_000),
      graphql: service.createHandler(),
      auth: createAuthRoutes({ ...signedIn, onSignOut: (secret) => sockets.closeSession(secret) }),
      statics: createStatics(webFolder),
      log,
    }),
    { ...CONNECTION_BOUNDS, ...options.connections },
  )
  http.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head))
  closers.push(async () => {
    const ended = endRequests(http)
    await sockets.close()
    await ended
  })
  const url = await listen(http, host, port)
  if (port === 0) await announce(url)
  return url
}

/** Notes where it is in the database, for sign-in links. A standby's takes no note. */
async function announceServer(query: Query, url: string, log: Log): Promise<void> {
  await query('select almanac_private.announce_server($1)', [url]).catch((error: unknown) => {
    log(
      'warning',
      `Sign-in links may not lead here, because the address could not be recorded: ${describeError(error)}`,
    )
  })
}

async function listen(http: Server, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    http.once('error', (error) => reject(listenError(error, host, port)))
    http.listen(port, host, resolve)
  })
  return addressOf(host, (http.address() as AddressInfo).port)
}

/** Takes no more requests, and gives those under way a moment to end. */
async function endRequests(http: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => http.close(() => resolve()))
  const ended = new AbortController()
  await Promise.race([
    closed.then(() => ended.abort()),
    delay(END_REQUESTS_WITHIN_MS, undefined, { signal: ended.signal }).catch(() => undefined),
  ])
  http.closeAllConnections()
  await closed
}
