import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Query } from '../../process/query.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { TooManyWait } from '../limits/turns.ts'
import { newLink, openSocket, redeem, signIn, startTestServer, type TestServer } from '../testing/client.ts'
import { createSessions, laneOf, newSecret } from './sessions.ts'

/** A database that answers when it is told to. */
function createDatabase() {
  const asked: { what: string; answer: (rows: object[]) => void }[] = []
  const query = ((text: string) =>
    new Promise((answer) =>
      asked.push({ what: /almanac_private\.(\w+)/.exec(text)?.[1] ?? '', answer }),
    )) as unknown as Query
  return { query, asked }
}
const settle = () => new Promise((resolve) => setImmediate(resolve))
const ANN = { id: '1', username: 'ann' }

describe('a flood of made-up sessions', () => {
  it('asks the database for one at a time, and each address in its turn', async () => {
    const { query, asked } = createDatabase()
    const sessions = createSessions(query)

    const order: string[] = []
    for (const address of ['a', 'a', 'a', 'b'])
      void sessions.find(newSecret(), address).then(() => order.push(address))
    for (let number = 0; number < 4; number++) {
      await settle()
      expect(asked).toHaveLength(number + 1)
      asked[number]!.answer([])
    }
    await settle()

    expect(order).toEqual(['a', 'b', 'a', 'a'])
  })

  it('is refused past a hundred of an address that wait, and no other address is', async () => {
    const { query } = createDatabase()
    const sessions = createSessions(query)
    for (let number = 0; number < 101; number++) sessions.find(newSecret(), 'a').catch(() => undefined)

    await expect(sessions.find(newSecret(), 'a')).rejects.toThrow(TooManyWait)

    const other = sessions.find(newSecret(), 'b').catch(() => undefined)
    expect(await Promise.race([other, settle()])).toBeUndefined()
  })

  it('holds up neither a session that was valid, nor one just signed in, nor links', async () => {
    const { query, asked } = createDatabase()
    const sessions = createSessions(query)
    const known = newSecret()
    const first = sessions.find(known, 'a')
    await settle()
    asked.shift()!.answer([ANN])
    await first
    const opening = sessions.open(newSecret(), 'a')
    await settle()
    asked.shift()!.answer([{ opened: true }])
    const opened = await opening
    for (let number = 0; number < 50; number++) sessions.find(newSecret(), 'a').catch(() => undefined)
    await settle()

    sessions.find(known, 'a').catch(() => undefined)
    sessions.find(opened, 'a').catch(() => undefined)
    sessions.open(newSecret(), 'a').catch(() => undefined)
    await settle()

    expect(asked.map(({ what }) => what)).toEqual([
      'find_session',
      'find_session',
      'find_session',
      'redeem_login_token',
    ])
  })

  it('loses its place among the known once it is no one’s', async () => {
    const { query, asked } = createDatabase()
    const sessions = createSessions(query)
    const secret = newSecret()
    for (const rows of [[ANN], []]) {
      const found = sessions.find(secret, 'a')
      await settle()
      asked.shift()!.answer(rows)
      await found
    }
    sessions.find(newSecret(), 'a').catch(() => undefined)
    await settle()

    sessions.find(secret, 'a').catch(() => undefined)
    await settle()

    expect(asked).toHaveLength(1)
  })
})

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:DB8:0001:2:ffff::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['1::3:4:5:6:192.0.2.1', '1:0:3:4::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
])('%s takes the turns of %s', (address, lane) => {
  expect(laneOf(address)).toBe(lane)
})

describe('on a server', () => {
  const db = useTestDatabase()
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(db)
  })
  afterAll(async () => {
    await server.close()
  })
  const madeUp = () => `almanac_session_${new URL(server.url).port}=${newSecret()}`
  /** How many of the server's connections wait for the lock. */
  const waiting = async () =>
    (
      await db.query<{ count: number }>(
        `select count(*)::int as count from pg_locks l join pg_database d on d.oid = l.database
         where d.datname = current_database() and not l.granted`,
      )
    )[0]!.count

  it('200 made-up sessions wait on one connection, and those too many are told so', async () => {
    const lock = await db.connect()
    await lock.query('begin; lock table almanac_private.sessions')

    const answers = Array.from({ length: 200 }, () =>
      fetch(`${server.url}/auth/session`, { headers: { cookie: madeUp() } }),
    )
    await expect.poll(waiting, { timeout: 5_000 }).toBeGreaterThan(0)
    await Promise.any(answers)
    const socket = openSocket(server, { cookie: madeUp() })
    await expect(socket).rejects.toThrow('429')
    expect(await waiting()).toBe(1)

    await lock.query('rollback')
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 401)).toHaveLength(101)
    expect(statuses.filter((status) => status === 429)).toHaveLength(99)
  })

  it('whose claims do not count any more, as another login is its successor, no one is signed in', async () => {
    const { post } = await signIn(db, server, 'viewer')
    const [former] = await db.query<{ role_name: string; role_key: string }>(
      `delete from almanac_private.logins where purpose = 'server' returning role_name, role_key`,
    )

    const refused = await post({ query: '{ __typename }' })

    await db.query(
      `insert into almanac_private.logins (role_name, purpose, role_key) values ($1, 'server', $2)`,
      [former!.role_name, former!.role_key],
    )
    expect(refused.status).toBe(401)
    expect((await post({ query: '{ __typename }' })).status).toBe(200)
  })

  it('people sign in, and those who are go on, while made-up sessions wait', async () => {
    const { post } = await signIn(db, server, 'viewer')
    const link = await newLink(db, server)
    const stop = new AbortController()
    const flood = Array.from({ length: 50 }, async () => {
      while (!stop.signal.aborted)
        await fetch(`${server.url}/auth/session`, { headers: { cookie: madeUp() } }).then((one) => one.text())
    })

    expect((await redeem(server, link)).status).toBe(200)
    expect((await post({ query: '{ __typename }' })).status).toBe(200)

    stop.abort()
    await Promise.all(flood)
  })
})
