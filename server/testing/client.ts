import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { WEB_FOLDER } from '../../process/packageRoot.ts'
import type { TestDatabase } from '../../tests/database/createTestDatabase.ts'
import { createLoginLink } from '../auth/loginLink.ts'
import { startServer, type RunningServer, type ServerOptions } from '../main.ts'

export interface Answer {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly {
    readonly message: string
    readonly path?: readonly (string | number)[]
    readonly extensions?: Record<string, unknown>
  }[]
}

export interface TestServer extends RunningServer {
  /** What it has logged so far. */
  readonly log: readonly string[]
}

export type TestRole = 'viewer' | 'operator' | 'admin'

/** A server on a free port, over the login that production would use. */
export async function startTestServer(
  database: TestDatabase,
  options: Partial<ServerOptions> = {},
): Promise<TestServer> {
  const log: string[] = []
  const connectionString = options.connectionString ?? database.connectionStringFor('server')
  const server = await startServer({
    connectionString,
    directUrl: connectionString,
    host: '127.0.0.1',
    port: 0,
    webFolder: WEB_FOLDER,
    log: (level, message) => log.push(`${level}: ${message}`),
    ...options,
  })
  return { ...server, log }
}

/** A link that signs in once. */
export function newLink(database: TestDatabase, server: Address, username = 'admin'): Promise<string> {
  return createLoginLink({
    query: (text, values) => database.query(text, values),
    username,
    baseUrl: server.url,
  })
}

/** Where a server answers. */
type Address = Pick<RunningServer, 'url'>

/** Spends a sign-in link. */
export function redeem(server: Address, link: string): Promise<Response> {
  return fetch(`${server.url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: link.split('#token=')[1] }),
  })
}

/** A user of this role, signed in by a link as a person would be. */
export async function signIn(database: TestDatabase, server: RunningServer, role: TestRole) {
  const username = `test_${role}`
  await database.query(
    `insert into almanac.users (username, role) values ($1, $2) on conflict (username) do nothing`,
    [username, role],
  )
  return { username, ...(await signInBy(server, await newLink(database, server, username))) }
}

/** The user that a link signs in. */
export async function signInBy(server: Address, link: string) {
  const response = await redeem(server, link)
  const cookie = response.headers.get('set-cookie')?.split(';')[0]
  if (!cookie) throw new Error(`The link signs no one in: ${response.status}`)

  const post = (body: object, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie, ...headers },
      body: JSON.stringify(body),
    })
  return {
    cookie,
    post,
    graphql: async (query: string, variables: Record<string, unknown> = {}): Promise<Answer> =>
      (await (await post({ query, variables })).json()) as Answer,
    subscribe: (query: string) => subscribe(server, cookie, query),
  }
}

/** Events of an operation over a real socket, in order. */
function subscribe(server: Address, cookie: string, query: string) {
  class CookieSocket extends WebSocket {
    constructor(address: string, protocols: string[]) {
      super(address, protocols, { headers: { cookie, origin: server.url } })
    }
  }
  const closed = Promise.withResolvers<number>()
  const client = createClient({
    url: socketUrl(server),
    webSocketImpl: CookieSocket,
    retryAttempts: 0,
    on: { closed: (event) => closed.resolve((event as { code: number }).code) },
  })
  const events = client.iterate<Record<string, unknown>>({ query })
  return {
    /** The next event's field; throws what the subscription failed with. */
    async next(): Promise<unknown> {
      const result = await events.next()
      if (result.done) throw new Error('The subscription has ended.')
      const { data, errors } = result.value
      if (errors?.[0]) throw new Error(errors[0].message)
      return Object.values(data ?? {})[0]
    },
    /** The code that the socket was closed with. */
    closed: closed.promise,
    async end(): Promise<void> {
      await client.dispose()
    },
  }
}

/** Where sockets knock. */
export function socketUrl(server: Address): string {
  return `${server.url.replace('http', 'ws')}/graphql`
}

/** Tries to open a socket manually; resolves with it, or rejects with the refusal. */
export async function openSocket(
  server: RunningServer,
  headers: Record<string, string> = {},
  address = socketUrl(server),
  protocols: string[] = ['graphql-transport-ws'],
): Promise<WebSocket> {
  const socket = new WebSocket(address, protocols, { headers })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return socket
}
