import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { signIn, startTestServer, type TestServer } from './testing/client.ts'
import { startGate, type Gate } from './testing/gate.ts'

const db = useTestDatabase()
let gate: Gate
beforeAll(async () => {
  gate = await startGate(db.connectionStringFor('server'))
})
afterAll(async () => {
  await gate.close()
})

const statusOf = (server: TestServer) => fetch(`${server.url}/healthz`).then((response) => response.status)

describe('while the database is away', () => {
  it('the server says so, stays, and continues when it is back', async () => {
    const server = await startTestServer(db, { connectionString: gate.url })
    const user = await signIn(db, server, 'viewer')
    const events = user.subscribe(`subscription { scheduleChanged { op } }`)
    expect(await events.next()).toEqual({ op: 'hello' })
    expect((await user.graphql('{ schedules { totalCount } }')).errors).toBeUndefined()

    await gate.shut()

    expect(await events.next()).toEqual({ op: 'lost' })
    expect(await statusOf(server)).toBe(503)
    expect((await user.post({ query: '{ __typename }' })).status).toBe(503)

    await gate.open()

    expect(await events.next()).toEqual({ op: 'resync' })
    expect(await statusOf(server)).toBe(200)
    expect((await user.graphql('{ schedules { totalCount } }')).errors).toBeUndefined()
    expect(server.log.filter((line) => line.startsWith('warning: LISTEN connection lost'))).toHaveLength(1)
    expect(server.log).toContain('info: LISTEN connection restored.')
    await events.end()
    await server.close()
  })

  it('/healthz does not wait for a database that has gone mute', async () => {
    const server = await startTestServer(db, { connectionString: gate.url, healthWithinMs: 1_000 })
    expect(await statusOf(server)).toBe(200)

    gate.mute()

    expect(await statusOf(server)).toBe(503)
    await gate.shut()
    await gate.open()
    await server.close()
  })

  it('a server that starts waits for it', async () => {
    await gate.shut()
    const log: string[] = []
    const waiting = Promise.withResolvers<void>()
    const starting = startTestServer(db, {
      connectionString: gate.url,
      log: (_level, message) => {
        log.push(message)
        waiting.resolve()
      },
    })
    await waiting.promise
    expect(log[0]).toMatch(
      /^Waiting for the database: No connection to PostgreSQL at .*: nothing listens there/,
    )

    await gate.open()

    const server = await starting
    expect(await statusOf(server)).toBe(200)
    await server.close()
  })
})

describe('a server that cannot start says what to do', () => {
  it.each([
    ['a login that is not the server’s', () => db.connectionStringFor('viewer'), 'ALMANAC_SERVER_URL'],
    [
      'a database without Almanac',
      () => Object.assign(new URL(db.connectionStringFor('server')), { pathname: '/postgres' }).href,
      'Run "npx almanac migrate"',
    ],
    [
      'a wrong password',
      () => Object.assign(new URL(db.connectionStringFor('server')), { password: 'wrong' }).href,
      'password authentication failed',
    ],
  ])('%s', async (_what, connectionString, remedy) => {
    await expect(startTestServer(db, { connectionString: connectionString() })).rejects.toThrow(remedy)
  })

  it('a port that is taken, and leaves no connection behind', async () => {
    const server = await startTestServer(db)

    await expect(startTestServer(db, { port: Number(new URL(server.url).port) })).rejects.toThrow(
      /^Another program uses port \d+/,
    )

    await server.close()
    await expect.poll(connections).toBe(0)
  })
})

it('a server that was closed leaves no connection behind', async () => {
  const server = await startTestServer(db)
  const user = await signIn(db, server, 'viewer')
  const events = user.subscribe(`subscription { runChanged { op } }`)
  await events.next()
  await user.graphql('{ schedules { totalCount } }')
  expect(await connections()).toBeGreaterThan(1)

  await server.close()

  await expect.poll(connections).toBe(0)
  await expect(fetch(server.url)).rejects.toThrow()
})

async function connections(): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and application_name like 'almanac server%'`,
  )
  return row!.count
}
