import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { createSubscriber, parseChange } from './subscriber.ts'
import { openSocket, signIn, startTestServer, type TestServer } from './testing/client.ts'
import { startGate } from './testing/gate.ts'

const db = useTestDatabase()
let server: TestServer
beforeAll(async () => {
  server = await startTestServer(db)
})
afterAll(async () => {
  await server.close()
})

const CHANGED = `subscription { scheduleChanged { op ids } }`
const HELLO = { op: 'hello', ids: [] }
const LOST = { op: 'lost', ids: [] }
const aliased = (count: number, field: string) =>
  Array.from({ length: count }, (_, number) => `${field}${number}: ${field}`).join(' ')
const RESYNC = { op: 'resync', ids: [] }

describe('a change made in SQL', () => {
  it('reaches a subscriber as numbers only', async () => {
    const events = (await signIn(db, server, 'viewer')).subscribe(CHANGED)
    expect(await events.next()).toEqual(HELLO)

    const [schedule] = await db.query<{ id: string }>(
      `select id from almanac.schedule_cron('live', '0 3 * * *', 'almanac:noop')`,
    )

    expect(await events.next()).toEqual({ op: 'insert', ids: [schedule!.id] })
    await events.end()
  })

  it.each([
    ['runChanged', 'almanac_runs'],
    ['runLogged', 'almanac_logs'],
    ['workerChanged', 'almanac_workers'],
    ['ledgerChecked', 'almanac_ledger'],
  ])('is told by %s when it is heard on %s', async (field, channel) => {
    const events = (await signIn(db, server, 'viewer')).subscribe(`subscription { ${field} { op ids } }`)
    expect(await events.next()).toEqual(HELLO)

    await db.query(`select pg_notify($1, '{"op":"update","ids":["7"]}')`, [channel])

    expect(await events.next()).toEqual({ op: 'update', ids: ['7'] })
    await events.end()
  })

  it('is not told when its notice is forged nonsense', async () => {
    const events = (await signIn(db, server, 'viewer')).subscribe(CHANGED)
    expect(await events.next()).toEqual(HELLO)

    const plain = await db.connect('plain')
    await plain.query(`notify almanac_schedules, '{"op":"drop","ids":["<script>"]}'`)
    await plain.query(`notify almanac_schedules, '{"op":"update","ids":["9"]}'`)

    expect(await events.next()).toEqual({ op: 'update', ids: ['9'] })
    await events.end()
  })
})

it('when the listening connection dies, every subscriber is told so, then to look again, and hears what follows', async () => {
  const user = await signIn(db, server, 'viewer')
  const all = Array.from({ length: 5 }, () => user.subscribe(CHANGED))
  for (const events of all) expect(await events.next()).toEqual(HELLO)

  const own = await db.connect('server')
  await own.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'almanac server listener'`,
  )

  for (const events of all) {
    expect(await events.next()).toEqual(LOST)
    expect(await events.next()).toEqual(RESYNC)
  }
  await db.query(`notify almanac_schedules, '{"op":"update","ids":["1"]}'`)
  for (const events of all) {
    expect(await events.next()).toEqual({ op: 'update', ids: ['1'] })
    await events.end()
  }
})

describe('the subscriber', () => {
  it('notices a connection that the network has lost without a word', async () => {
    const gate = await startGate(db.connectionStringFor('server'))
    const subscriber = createSubscriber({
      connectionString: gate.url,
      log: () => undefined,
      pingMs: 20,
      answerMs: 200,
    })
    const events = subscriber.subscribe('almanac_schedules')
    // It does not listen yet, and says so.
    expect((await events.next()).value).toBe(JSON.stringify(LOST))
    expect((await events.next()).value).toBe(JSON.stringify(RESYNC))

    gate.mute()

    expect((await events.next()).value).toBe(JSON.stringify(LOST))
    expect((await events.next()).value).toBe(JSON.stringify(RESYNC))
    await subscriber.release()
    await gate.close()
  })

  it('tells one that does not keep up to look again, instead of all it missed', async () => {
    const subscriber = createSubscriber({
      connectionString: db.connectionStringFor('server'),
      log: () => undefined,
    })
    const slow = subscriber.subscribe('almanac_runs')
    const quick = subscriber.subscribe('almanac_runs')
    for (const events of [slow, quick]) {
      expect((await events.next()).value).toBe(JSON.stringify(LOST))
      expect((await events.next()).value).toBe(JSON.stringify(RESYNC))
    }

    for (const [from, to] of [
      [1, 60],
      [61, 101],
    ] as const) {
      await db.query(
        `select pg_notify('almanac_runs', format('{"op":"update","ids":["%s"]}', n)) from generate_series($1::int, $2::int) n`,
        [from, to],
      )
      for (let n: number = from; n <= to; n++) {
        expect((await quick.next()).value).toBe(JSON.stringify({ op: 'update', ids: [String(n)] }))
      }
    }

    expect((await slow.next()).value).toBe(JSON.stringify(RESYNC))
    await subscriber.release()
    expect((await slow.next()).done).toBe(true)
  })

  it('reads no more of long notices at once than of short ones, and tells to look again', async () => {
    const subscriber = createSubscriber({
      connectionString: db.connectionStringFor('server'),
      log: () => undefined,
    })
    const events = subscriber.subscribe('almanac_runs')
    expect((await events.next()).value).toBe(JSON.stringify(LOST))
    expect((await events.next()).value).toBe(JSON.stringify(RESYNC))

    await db.query(
      `select pg_notify('almanac_runs', format('{"op":"update","ids":[%s]}', n) || repeat(' ', 7000))
       from generate_series(1, 100) n`,
    )
    const told: string[] = []
    do told.push((JSON.parse(String((await events.next()).value)) as { op: string }).op)
    while (told.at(-1) !== 'bulk')

    expect(told).toEqual(['update', 'update', 'update', 'bulk'])
    await subscriber.release()
  })

  it.each([
    ['{"op":"update","ids":["1"]}', { op: 'update', ids: ['1'] }],
    ['{"op":"update","ids":[1]}', { op: 'update', ids: ['1'] }],
    ['{"op":"bulk","ids":[]}', { op: 'bulk', ids: [] }],
    ['{"op":"hello","ids":[]}', null],
    ['{"op":"drop","ids":[]}', null],
    ['{"op":"update","ids":["1; drop table"]}', null],
    ['{"op":"update","ids":[[1]]}', null],
    ['{"op":"update","ids":["99999999999999999999"]}', null],
    ['{"op":"update"}', null],
    ['{"op":["update"],"ids":[]}', null],
    ['null', null],
    ['x', null],
    [undefined, null],
  ])('reads %s as hostile', (payload, expected) => {
    expect(parseChange(payload)).toEqual(expected)
  })
})

describe('a socket', () => {
  it('is closed when its session is signed out', async () => {
    const user = await signIn(db, server, 'viewer')
    const events = user.subscribe(CHANGED)
    await events.next()

    await fetch(`${server.url}/auth/logout`, { method: 'POST', headers: { cookie: user.cookie } })

    expect(await events.closed).toBe(4401)
  })

  it('is closed when its session expires', async () => {
    const checked = await startTestServer(db, { sessionCheckMs: 20 })
    const events = (await signIn(db, checked, 'operator')).subscribe(CHANGED)
    await events.next()

    await db.query('update almanac_private.sessions set expires_at = now()')

    expect(await events.closed).toBe(4401)
    await checked.close()
  })

  it.each([
    ['is disabled', `disabled_at = now()`, 4401],
    ['gets another role', `role = 'viewer'`, 1012],
  ])('is closed when its user %s', async (_what, change, code) => {
    const checked = await startTestServer(db, { sessionCheckMs: 20 })
    const user = await signIn(db, checked, 'operator')
    const events = user.subscribe(CHANGED)
    await events.next()

    await db.query(`update almanac.users set ${change} where username = $1`, [user.username])

    expect(await events.closed).toBe(code)
    await checked.close()
    await db.query(`update almanac.users set disabled_at = null, role = 'operator' where username = $1`, [
      user.username,
    ])
  })

  it.each([
    ['application/json', CHANGED, undefined],
    ['application/graphql-response+json', CHANGED, undefined],
    ['*/*', `query Other { __typename } ${CHANGED.replace('subscription', 'subscription Mine')}`, 'Mine'],
  ])('is what a subscription needs: by POST it is refused, as %s', async (accept, query, operationName) => {
    const { cookie } = await signIn(db, server, 'viewer')

    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { cookie, accept, 'content-type': 'application/json' },
      body: JSON.stringify({ query, operationName }),
    })

    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      errors: [
        {
          message: 'Subscriptions need a WebSocket, at the same address.',
          extensions: { code: 'NEEDS_WEBSOCKET' },
        },
      ],
    })
  })

  it.each(['{ __typename }', 'mutation { pause(input: {schedule: "live"}) { clientMutationId } }'])(
    'carries no %s',
    async (operation) => {
      const events = (await signIn(db, server, 'admin')).subscribe(operation)

      await expect(events.next()).rejects.toMatchObject([
        { message: 'Sockets are for subscriptions only; send queries and mutations by POST.' },
      ])
      await events.end()
    },
  )

  it.each([
    ['the same field again and again', `subscription { runChanged { ${aliased(11, 'ids')} } }`, 12],
    [
      'it by fragments',
      `subscription { runChanged { ...a } } fragment a on Change { ...b ...c }
       fragment b on Change { ${aliased(10, 'ids')} } fragment c on Change { ${aliased(10, 'op')} }`,
      21,
    ],
  ])('takes no subscription that asks for %s', async (_, operation, fields) => {
    const events = (await signIn(db, server, 'viewer')).subscribe(operation)

    await expect(events.next()).rejects.toMatchObject([
      {
        message: `This operation asks for ${fields} fields; the limit is 10. Split it into several requests.`,
      },
    ])
    await events.end()
  })

  it('is closed at a message that is too large', async () => {
    const { cookie } = await signIn(db, server, 'viewer')
    const socket = await openSocket(server, { cookie })

    socket.send('x'.repeat(16_001))

    expect((await once(socket, 'close'))[0]).toBe(1009)
  })

  it('is closed as going away when the server stops', async () => {
    const stopping = await startTestServer(db)
    const events = (await signIn(db, stopping, 'viewer')).subscribe(CHANGED)
    await events.next()

    await stopping.close()

    expect(await events.closed).toBe(1001)
  })
})

describe('one user has only so many', () => {
  it('subscriptions on a socket', async () => {
    const { cookie } = await signIn(db, server, 'viewer')
    const socket = await openSocket(server, { cookie })
    const answers: { id: string; type: string; payload: unknown }[] = []
    socket.on('message', (data: Buffer) =>
      answers.push(JSON.parse(data.toString()) as (typeof answers)[number]),
    )

    socket.send('{"type":"connection_init"}')
    await once(socket, 'message')
    for (let id = 1; id <= 21; id++)
      socket.send(JSON.stringify({ type: 'subscribe', id: String(id), payload: { query: CHANGED } }))

    await expect.poll(() => answers.filter(({ type }) => type === 'next')).toHaveLength(20)
    expect(answers.filter(({ type }) => type === 'error')).toEqual([
      { id: '21', type: 'error', payload: [{ message: 'A socket may have at most 20 subscriptions.' }] },
    ])
    socket.terminate()
  })

  it('sockets of a session, which another session and closing leave room for', async () => {
    const { cookie } = await signIn(db, server, 'viewer')
    const many = await Promise.all(Array.from({ length: 30 }, () => openSocket(server, { cookie })))

    await expect(openSocket(server, { cookie })).rejects.toThrow('429')

    const second = await signIn(db, server, 'viewer')
    ;(await openSocket(server, { cookie: second.cookie })).terminate()
    for (const socket of many) socket.terminate()
    await expect
      .poll(() =>
        openSocket(server, { cookie }).then(
          (socket) => socket.terminate(),
          () => 'refused',
        ),
      )
      .toBeUndefined()
  })

  it('messages in ten seconds, and what comes after them is not looked at', async () => {
    const { socket, answers } = await openLine(await signIn(db, server, 'viewer'))
    const closed = once(socket, 'close')

    for (let sent = 1; sent < 199; sent++) socket.send('{"type":"ping"}')
    socket.send(subscribeTo('late'))
    socket.send(subscribeTo('later'))

    expect((await closed)[0]).toBe(1013)
    expect(new Set(answers.map(({ type }) => type))).toEqual(new Set(['pong']))
    expect(answers.length).toBeLessThan(200)
  })
})

it.each([
  ['says hello twice', '{"type":"connection_init"}', 4429],
  ['sends what is not a message', '{}', 4400],
  ['gives a second subscription the name of a first', subscribeTo('first'), 4409],
])('a socket that is closed as it %s is not listened to any more', async (_what, fault, code) => {
  const { socket, answers } = await openLine(await signIn(db, server, 'viewer'))
  socket.send(subscribeTo('first'))
  await expect.poll(() => answers.length).toBe(1)
  const closed = once(socket, 'close')

  socket.send(fault)
  socket.send('{"type":"ping"}')
  socket.send(subscribeTo('late'))

  expect((await closed)[0]).toBe(code)
  expect(answers.map(({ id }) => id)).toEqual(['first'])
})

it('users take turns at setting up subscriptions, however many of one wait', async () => {
  const many = await signIn(db, server, 'viewer')
  const order: string[] = []
  const lines = await Promise.all([many, many, many, await signIn(db, server, 'admin')].map(openLine))
  lines.forEach(({ socket }, user) => socket.on('message', () => order.push(user === 3 ? 'other' : 'many')))

  for (const { socket } of lines.slice(0, 3))
    for (let id = 0; id < 20; id++) socket.send(subscribeTo(String(id)))
  lines[3]!.socket.send(subscribeTo('one'))
  await expect.poll(() => order.length, { timeout: 10_000 }).toBe(61)

  expect(order.indexOf('other')).toBeLessThan(20)
  for (const { socket } of lines) socket.terminate()
})

function subscribeTo(id: string): string {
  return JSON.stringify({ type: 'subscribe', id, payload: { query: CHANGED } })
}

/** A socket that has said hello, and what it is answered. */
async function openLine({ cookie }: { cookie: string }) {
  const socket = await openSocket(server, { cookie })
  socket.send('{"type":"connection_init"}')
  await once(socket, 'message')
  const answers: { id?: string; type: string }[] = []
  socket.on('message', (data: Buffer) =>
    answers.push(JSON.parse(data.toString()) as (typeof answers)[number]),
  )
  return { socket, answers }
}
