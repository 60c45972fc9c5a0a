import { createClient, type Client } from 'graphql-ws'
import { WebSocket } from 'ws'
import type { TestDatabase } from '../../tests/database/createTestDatabase.ts'
import { createLoginLink } from '../auth/loginLink.ts'
import { startServer, type RunningServer } from '../main.ts'

interface Answer {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly { message: string; extensions?: Record<string, unknown> }[]
}

/** A server on a free port, over the login that production would use. */
export async function startTestServer(
  database: TestDatabase,
): Promise<RunningServer & { readonly log: string[] }> {
  const [owner] = await database.query<{ role: string }>(`select current_user as role`)
  await database.query(
    `insert into almanac_private.logins (role_name, purpose) values ('almanac_test_server', 'server') on conflict do nothing`,
  )
  if (!owner) throw new Error('The test database does not answer.')
  const log: string[] = []
  const connectionString = database.connectionStringFor('server')
  const server = await startServer({
    connectionString,
    directUrl: connectionString,
    host: '127.0.0.1',
    port: 0,
    log: (_level, message) => log.push(message),
  })
  return { ...server, log }
}

/** A user of this role, signed in by a link as a person would be. */
export async function signIn(
  database: TestDatabase,
  server: RunningServer,
  role: 'viewer' | 'operator' | 'admin',
) {
  const username = `test_${role}`
  await database.query(
    `insert into almanac.users (username, role) values ($1, $2) on conflict (username) do nothing`,
    [username, role],
  )
  const link = await createLoginLink({ query: database.query, username, baseUrl: server.url })
  const response = await redeem(server, link)
  const cookie = response.headers.get('set-cookie')?.split(';')[0]
  if (!cookie) throw new Error(`${username} could not sign in: ${response.status}`)

  return {
    cookie,
    async graphql(query: string, variables: Record<string, unknown> = {}): Promise<Answer> {
      const answer = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie },
        body: JSON.stringify({ query, variables }),
      })
      return (await answer.json()) as Answer
    },
    subscribe: (query: string) => subscribe(server, cookie, query),
  }
}

/** Spends a sign-in link. */
export function redeem(server: RunningServer, link: string): Promise<Response> {
  return fetch(`${server.url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: link.split('#token=')[1] }),
  })
}

/** Events of a subscription over a real socket, in order. */
function subscribe(server: RunningServer, cookie: string, query: string) {
  class CookieSocket extends WebSocket {
    constructor(address: string, protocols: string[]) {
      super(address, protocols, { headers: { cookie, origin: server.url } })
    }
  }
  const client: Client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: CookieSocket,
    retryAttempts: 0,
  })
  const events = client.iterate({ query })
  return {
    async next(): Promise<Record<string, unknown>> {
      const { value } = (await events.next()) as IteratorResult<{
        data: Record<string, Record<string, unknown>>
      }>
      const event = Object.values(
        (value as { data: Record<string, Record<string, unknown>> } | undefined)?.data ?? {},
      )[0]
      if (!event) throw new Error('The subscription has ended.')
      return event
    },
    async end(): Promise<void> {
      await client.dispose()
    },
  }
}
