import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { CONNECTION_BOUNDS, createBoundServer, type ConnectionBounds } from './connections.ts'
import { signIn, startTestServer, type TestServer } from './testing/client.ts'

const db = useTestDatabase()

/** A connection that has sent some bytes; `closed` resolves with all that it was answered. */
async function send(
  { url }: TestServer,
  bytes: string,
  allowHalfOpen = false,
): Promise<{ socket: Socket; closed: Promise<string> }> {
  const { hostname, port } = new URL(url)
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen })
  let answer = ''
  socket.on('data', (data: Buffer) => (answer += data.toString()))
  socket.on('error', () => undefined)
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(answer)))
  await once(socket, 'connect')
  socket.write(bytes)
  return { socket, closed }
}

const healthOf = async ({ url }: TestServer) => {
  const response = await fetch(`${url}/healthz`, { headers: { connection: 'close' } })
  await response.text()
  return response.status
}

const HALF_OPEN = [
  ['nothing', ''],
  ['half a line', 'GET /heal'],
  ['half its headers', 'GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: '],
  ['half a body', 'POST /auth/login HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 4000\r\n\r\n{'],
  [
    'half a chunk of a body',
    'POST /auth/login HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\nfff\r\n{',
  ],
  ['a whole request, and has its answer', 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n'],
] as const

describe('a client holds connections open, more than there may be, and on each sends', () => {
  it.each(HALF_OPEN)('%s: others are served', async (_what, bytes) => {
    const server = await startTestServer(db, { connections: { most: 10 } })
    const held: Awaited<ReturnType<typeof send>>[] = []
    for (let number = 0; number < 40; number++) held.push(await send(server, bytes))

    for (let number = 0; number < 5; number++) expect(await healthOf(server)).toBe(200)
    await expect.poll(() => held.filter(({ socket }) => socket.closed).length).toBeGreaterThanOrEqual(30)

    for (const { socket } of held) socket.destroy()
    await server.close()
  })
})

it('sockets for subscriptions are not ended for connections that wait', async () => {
  const server = await startTestServer(db, { connections: { most: 10 } })
  const user = await signIn(db, server, 'viewer')
  const events = user.subscribe('subscription { scheduleChanged { op } }')
  await events.next()
  const held = []
  for (let number = 0; number < 30; number++) held.push(await send(server, ''))
  await held[0]!.closed

  await db.query(`notify almanac_schedules, '{"op":"update","ids":["1"]}'`)

  expect(await events.next()).toEqual({ op: 'update' })
  await events.end()
  for (const { socket } of held) socket.destroy()
  await server.close()
})

it.each(HALF_OPEN)('a connection that has sent %s is ended in time', async (_what, bytes) => {
  const times = { headersMs: 20, requestMs: 40, keepAliveMs: 20, checkMs: 10 }
  const server = await startTestServer(db, { connections: times })

  const { closed } = await send(server, bytes)

  expect(await closed).not.toMatch(/^HTTP\/1.1 5/)
  await server.close()
})

it('a connection that sends requests without waiting for answers is ended', async () => {
  const server = await startTestServer(db)
  const request = 'GET /auth/session HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n'

  const many = await send(server, request.repeat(100))
  const few = await send(
    server,
    request.repeat(3) + request.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'),
  )

  expect((await many.closed).match(/HTTP\/1\.1 401/g) ?? []).toHaveLength(0)
  expect((await few.closed).match(/HTTP\/1\.1 401/g)).toHaveLength(4)
  await server.close()
})

it('a client that does not answer that its socket is closed is cut off', async () => {
  const server = await startTestServer(db)
  const { cookie } = await signIn(db, server, 'viewer')
  const { socket, closed } = await send(
    server,
    `GET /graphql HTTP/1.1\r\nhost: ${new URL(server.url).host}\r\ncookie: ${cookie}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n`,
  )
  await once(socket, 'data')

  await fetch(`${server.url}/auth/logout`, { method: 'POST', headers: { cookie } })

  expect(await closed).toContain('Signed out')
  await server.close()
})

it('a refused socket is ended, though its client keeps its half open', async () => {
  const server = await startTestServer(db, { connections: { most: 10 } })
  const upgrade = (path: string) =>
    `GET ${path} HTTP/1.1\r\nhost: ${new URL(server.url).host}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`
  const held = []
  for (let number = 0; number < 40; number++)
    held.push(await send(server, upgrade(number % 2 ? '/graphql' : '/nothing'), true))

  for (const { socket } of held) if (!socket.readableEnded) await once(socket, 'end')
  expect(await healthOf(server)).toBe(200)
  // It resolves once no connection is left.
  await server.close()

  for (const { socket } of held) socket.destroy()
})

it('a request that has arrived as the time for it runs out is answered', async () => {
  const accepted: Socket[] = []
  const http = createBoundServer((_request, response) => response.end('answer'), CONNECTION_BOUNDS)
  http.on('connection', (socket) => accepted.push(socket))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const client = connect((http.address() as AddressInfo).port, '127.0.0.1')
  client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await once(client, 'data')

  // Both before the loop looks at the network again, as after a second in which it was busy.
  client.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  accepted[0]!.emit('timeout')

  expect(String((await once(client, 'data'))[0])).toContain('answer')
  await new Promise((resolve) => http.close(resolve))
})

it('a connection of which nothing has come as its time runs out is ended', async () => {
  const accepted: Socket[] = []
  const http = createBoundServer((_request, response) => response.end('answer'), CONNECTION_BOUNDS)
  http.on('connection', (socket) => accepted.push(socket))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const client = connect((http.address() as AddressInfo).port, '127.0.0.1')
  client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await once(client, 'data')

  accepted[0]!.emit('timeout')

  await once(client, 'close')
  await new Promise((resolve) => http.close(resolve))
})

it.each(['ping', 'pong'] as const)('a client that sends a flood of %ss is closed', async (kind) => {
  const server = await startTestServer(db)
  const { cookie } = await signIn(db, server, 'viewer')
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    headers: { cookie },
  })
  await once(socket, 'open')

  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.on('error', () => undefined)

  for (let number = 0; number < 300; number++) socket[kind]()

  await closed
  await server.close()
})

/** Serves more than the network takes without a reader at /large, nothing at /never, and a short answer elsewhere. */
async function startLarge(bounds: Partial<ConnectionBounds>) {
  const accepted: Socket[] = []
  const http = createBoundServer(
    ({ url }, response) => {
      if (url === '/large') response.end(Buffer.alloc(50_000_000))
      else if (url !== '/never') response.end('answer')
    },
    { ...CONNECTION_BOUNDS, ...bounds },
  )
  http.on('connection', (socket) => accepted.push(socket))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  return {
    http,
    accepted,
    url: `http://127.0.0.1:${port}`,
    /** A client that has read `bytes` of the large answer, and reads on only when it is asked to. */
    startReading: async (bytes: number) => {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => undefined)
      const request = 'GET /large HTTP/1.1\r\nhost: x\r\n\r\n'
      socket.write(request)
      for (let read = 0; read < bytes;) {
        const part = socket.read() as Buffer | null
        if (part) read += part.length
        else await once(socket, 'readable')
      }
      return socket
    },
  }
}

it('clients that do not read their answers take connections from no one', async () => {
  const { http, url, startReading } = await startLarge({ most: 10 })
  const held: Socket[] = []
  for (let number = 0; number < 40; number++) held.push(await startReading(1))

  for (let number = 0; number < 5; number++)
    expect(await (await fetch(url, { headers: { connection: 'close' } })).text()).toBe('answer')

  for (const socket of held) socket.destroy()
  await new Promise((resolve) => http.close(resolve))
})

it('of those who are behind with reading, it ends whose answer began first, and none that waits for its answer', async () => {
  const { http, url, accepted, startReading } = await startLarge({ most: 3 })
  const unanswered = connect(Number(new URL(url).port), '127.0.0.1')
  unanswered.on('error', () => undefined)
  unanswered.write('GET /never HTTP/1.1\r\nhost: x\r\n\r\n')
  await once(http, 'request')
  const held = [await startReading(1), await startReading(1)]

  await (await fetch(url, { headers: { connection: 'close' } })).text()

  expect(accepted.slice(0, 3).map(({ destroyed }) => destroyed)).toEqual([false, true, false])
  for (const socket of [unanswered, ...held]) socket.destroy()
  await new Promise((resolve) => http.close(resolve))
})

it('an answer that is not read to its end in time is ended', async () => {
  const { http, accepted, startReading } = await startLarge({ answerMs: 40 })

  const socket = await startReading(1)

  const [server] = accepted
  if (!server!.closed) await once(server!, 'close')
  socket.destroy()
  await new Promise((resolve) => http.close(resolve))
})
