import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../tests/database/createTestDatabase.ts'
import type { RunningServer } from './main.ts'
import { parseChange } from './subscriber.ts'
import { signIn, startTestServer } from './testing/client.ts'

let db: TestDatabase
let server: RunningServer

beforeAll(async () => {
  db = await createTestDatabase()
  server = await startTestServer(db)
})
afterAll(async () => {
  await server.close()
  await db.drop()
})

const CHANGED = `subscription { scheduleChanged { op ids } }`

it('a change made in SQL reaches a subscriber as numbers only', async () => {
  const events = (await signIn(db, server, 'viewer')).subscribe(CHANGED)
  expect(await events.next()).toEqual({ op: 'hello', ids: [] })

  const [schedule] = await db.query<{ id: string }>(
    `select id from almanac.schedule_cron('live', '0 3 * * *', 'almanac:noop')`,
  )

  expect(await events.next()).toEqual({ op: 'insert', ids: [schedule!.id] })
  await events.end()
})

it('when the listening connection dies, every subscriber is told to look again', async () => {
  const user = await signIn(db, server, 'viewer')
  const all = Array.from({ length: 5 }, () => user.subscribe(CHANGED))
  for (const events of all) expect(await events.next()).toEqual({ op: 'hello', ids: [] })

  const admin = await db.connect()
  await admin
    .query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'almanac server listener'`,
    )
    .catch(async () => {
      // The owner of the test database is no superuser: ask the server's own login instead.
      const own = await db.connect('server')
      await own.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'almanac server listener'`,
      )
    })

  for (const events of all) {
    expect(await events.next()).toEqual({ op: 'resync', ids: [] })
    await events.end()
  }
})

it('signing out closes the sockets of the session', async () => {
  const user = await signIn(db, server, 'viewer')
  const events = user.subscribe(CHANGED)
  await events.next()

  await fetch(`${server.url}/auth/logout`, { method: 'POST', headers: { cookie: user.cookie } })

  await expect(events.next()).rejects.toThrow()
})

describe('a payload is read as hostile', () => {
  it.each([
    ['{"op":"update","ids":["1"]}', { op: 'update', ids: ['1'] }],
    ['{"op":"update","ids":[1]}', { op: 'update', ids: ['1'] }],
    ['{"op":"drop","ids":[]}', null],
    ['{"op":"update","ids":["1; drop table"]}', null],
    ['{"op":"update"}', null],
    ['null', null],
    ['x', null],
    [undefined, null],
  ])('%s', (payload, expected) => {
    expect(parseChange(payload)).toEqual(expected)
  })
})
