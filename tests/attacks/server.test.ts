import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import {
  openSocket,
  signIn,
  socketUrl,
  startTestServer,
  type TestServer,
} from '../../server/testing/client.ts'
import { useTestDatabase } from '../database/useTestDatabase.ts'
import { RAW_REQUESTS } from './rawRequests.ts'
import { REQUESTS, type RequestAttack } from './requests.ts'
import { setScene } from './scene.ts'
import { readAttacks } from './table.ts'

const db = useTestDatabase()
let server: TestServer
const cookies: Record<string, string> = {}
let annsSchedule = ''
beforeAll(async () => {
  await setScene(db)
  server = await startTestServer(db)
  for (const role of ['viewer', 'operator', 'admin'] as const)
    cookies[role] = (await signIn(db, server, role)).cookie
  const [row] = await db.query<{ id: string }>(`select id from almanac.schedules where name = 'of ann'`)
  annsSchedule = row?.id ?? ''
})
afterAll(async () => {
  await server.close()
})

describe.each(readAttacks('graphql'))('GraphQL: %s', (_, attacks) => {
  it.each(attacks)('$rule As $as: $gets', async ({ text: query, as, gets }) => {
    const body = JSON.stringify({ query: expand(query).replace('$ann', annsSchedule) })
    const answer = await send({ method: 'POST', path: '/graphql', cookie: cookies[as], body })

    expect(outcomeOf(answer).slice(0, gets.length)).toBe(gets)
  })
})

describe.each(Object.entries(REQUESTS))('HTTP: %s', (_, attacks) => {
  it.each(attacks)('$rule As $as: $gets', async ({ as, gets, without, ...request }) => {
    const answer = await send({ ...request, cookie: cookies[as] })

    expect(answer.status).toBe(gets)
    if (without) expect(answer.text).not.toMatch(without)
  })
})

describe.each(Object.entries(RAW_REQUESTS))('bytes: %s', (_, attacks) => {
  it.each(attacks)('$rule As $as: $gets', async ({ as, bytes, gets, without }) => {
    const answers = await sendBytes(bytes, cookies[as] ?? cookies['admin']!)

    expect([...answers.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status).join(' ')).toBe(gets)
    if (without) expect(answers).not.toMatch(without)
  })
})

/** Resolves with all that is answered until the connection ends. */
async function sendBytes(bytes: string, cookie: string): Promise<string> {
  const { host, hostname, port } = new URL(server.url)
  const secret = cookie.split('=')[1]!
  const filled = bytes
    .replaceAll('HOST', host)
    .replaceAll('PORT', port)
    .replaceAll('COOKIE', cookie)
    .replaceAll('SECRET', secret)
    .replaceAll('CUT', secret.slice(0, 42))
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  let answers = ''
  socket.on('data', (data: Buffer) => (answers += data.toString('latin1')))
  socket.write(filled, 'latin1')
  await new Promise((resolve) => socket.once('close', resolve))
  return answers
}

afterEach(async () => {
  expect(await db.query('select * from almanac.stops')).toEqual([])
})

interface Answer {
  readonly status: number
  readonly text: string
}

/** `fetch` would tidy up the path and choose headers. */
function send(
  request: Pick<RequestAttack, 'method' | 'path' | 'headers' | 'body'> & { cookie: string | undefined },
): Promise<Answer> {
  const { hostname, port } = new URL(server.url)
  const filled = (value: string) => value.replaceAll('PORT', port)
  const headers: OutgoingHttpHeaders = {
    ...(request.cookie && { cookie: request.cookie }),
    ...(request.headers
      ? Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, [value].flat().map(filled)]),
        )
      : { 'content-type': 'application/json' }),
  }
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ hostname, port, path: request.path, method: request.method ?? 'GET', headers })
    sent.on('response', (response) => {
      const { statusCode: status = 0 } = response
      text(response).then((body) => resolve({ status, text: body }), reject)
    })
    sent.on('error', reject)
    sent.end(request.body)
  })
}

interface Result {
  readonly data?: unknown
  readonly errors?: readonly { message: string; extensions?: { code?: string; errorId?: string } }[]
}

/** A code, "invalid: …" where nothing was run, "masked", or "data …". */
function outcomeOf({ status, text: body }: Answer): string {
  let result: Result
  try {
    result = JSON.parse(body) as Result
  } catch {
    return `status ${status}: ${body}`
  }
  const [error] = result.errors ?? []
  if (!error) return `data ${JSON.stringify(result.data)}`
  if (error.extensions?.code) return error.extensions.code
  if (error.extensions?.errorId) return 'masked'
  return result.data === undefined ? `invalid: ${error.message}` : `error: ${error.message}`
}

/** `$500(aN: __typename )` is that 500 times, with numbers for N, and the next one for +. */
function expand(query: string): string {
  return query.replace(/\$(\d+)\(([^()]*)\)/g, (_, count: string, part: string) =>
    Array.from({ length: Number(count) }, (__, number) =>
      part.replaceAll('N', String(number)).replaceAll('+', String(number + 1)),
    ).join(''),
  )
}

describe('WebSocket', () => {
  it.each([
    ['without a cookie', {}, '401'],
    ['with a cookie that was never issued', { cookie: `almanac_session_PORT=${'x'.repeat(43)}` }, '401'],
    ['from another origin', { cookie: 'admin', origin: 'https://evil.example' }, '403'],
    ['from an origin that is null', { cookie: 'admin', origin: 'null' }, '403'],
    ['from another port', { cookie: 'admin', origin: 'http://127.0.0.1:1' }, '403'],
  ])('is not opened %s', async (_, headers, status) => {
    const filled = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        name === 'cookie' ? (cookies[value] ?? value.replace('PORT', new URL(server.url).port)) : value,
      ]),
    )

    await expect(openSocket(server, filled)).rejects.toThrow(status)
  })

  it.each(['/graphql/', '/graphql?x=1', '/', '/auth/login'])('is not opened at %s', async (path) => {
    const address = socketUrl(server).replace('/graphql', path)

    await expect(openSocket(server, { cookie: cookies['admin']! }, address)).rejects.toThrow('404')
  })

  it.each<[string, readonly (string | object)[], number]>([
    ['no JSON', ['x'], 4400],
    ['a message of no type', [{}], 4400],
    ['an operation before it said hello', [subscribeTo('scheduleChanged')], 4401],
    ['hello twice', [{ type: 'connection_init' }, { type: 'connection_init' }], 4429],
    [
      'a subscription of a name twice',
      [
        { type: 'connection_init' },
        'connection_ack',
        subscribeTo('scheduleChanged'),
        subscribeTo('scheduleChanged'),
      ],
      4409,
    ],
    ['64,001 bytes', ['x'.repeat(64_001)], 1009],
    ['nothing', [''], 4400],
    ['a list of messages', [[{ type: 'connection_init' }]], 4400],
    ['bytes', [Buffer.from([0xff, 0xfe])], 4400],
    ['a message of the server', [{ type: 'connection_ack' }], 4500],
    ['a result', ['connection', { type: 'next', id: '1', payload: {} }], 4500],
    ['an operation without a payload', ['connection', { type: 'subscribe', id: '1' }], 4400],
    ['an operation without a name', ['connection', { ...subscribeTo('runChanged'), id: '' }], 4400],
    ['an operation whose name is not a text', ['connection', { ...subscribeTo('runChanged'), id: 1 }], 4400],
    [
      'a query that is not a text',
      ['connection', { type: 'subscribe', id: '1', payload: { query: 1 } }],
      4400,
    ],
    ['JSON without end', ['connection', '['.repeat(15_000)], 4400],
    ['200 messages', ['connection', ...Array.from({ length: 200 }, () => ({ type: 'pong' }))], 1013],
  ])('that sends %s is closed', async (_, messages, code) => {
    const socket = await openSocket(server, { cookie: cookies['viewer']! })

    expect(await closeCodeAfter(socket, messages)).toBe(code)
  })

  it.each([
    ['the end of what was not begun', { type: 'complete', id: 'x' }],
    ['the end of a prototype', { type: 'complete', id: '__proto__' }],
    ['a pong that no one asked for', { type: 'pong', payload: { __proto__: { a: 1 } } }],
  ])('that sends %s continues', async (_, message) => {
    const socket = await openSocket(server, { cookie: cookies['viewer']! })
    const next = () =>
      new Promise<unknown>((resolve) =>
        socket.once('message', (data: Buffer) => resolve(JSON.parse(data.toString()))),
      )
    const acknowledged = next()
    socket.send('{"type":"connection_init"}')
    await acknowledged

    const answered = next()
    socket.send(JSON.stringify(message))
    socket.send('{"type":"ping"}')

    expect(await answered).toEqual({ type: 'pong' })
    socket.terminate()
  })

  it.each([
    ['bytes that are not text', Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]), 1007],
    ['a message without a mask', Buffer.from([0x81, 0x01, 0x78]), 1002],
    ['bits that are reserved', Buffer.from([0xc1, 0x81, 0, 0, 0, 0, 0x78]), 1002],
    ['an opcode that there is not', Buffer.from([0x83, 0x81, 0, 0, 0, 0, 0x78]), 1002],
    ['a part of what was not begun', Buffer.from([0x80, 0x81, 0, 0, 0, 0, 0x78]), 1002],
    ['a ping in parts', Buffer.from([0x09, 0x80, 0, 0, 0, 0]), 1002],
    ['a ping that is too long', Buffer.from([0x89, 0xfe, 0x00, 0x7e, 0, 0, 0, 0]), 1002],
    ['a length of 8 EB', Buffer.from([0x81, 0xff, 0x7f, ...Array<number>(7).fill(0xff), 0, 0, 0, 0]), 1009],
    ['a code of closing that there is not', Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x00, 0x01]), 1002],
  ])('whose frames have %s is closed', async (_, frame, code) => {
    const socket = await openSocket(server, { cookie: cookies['viewer']! })
    const closed = new Promise<number>((resolve) => socket.once('close', resolve))

    ;(socket as unknown as { _socket: Socket })._socket.write(frame)

    expect(await closed).toBe(code)
  })

  it('speaks no older protocol', async () => {
    await expect(
      openSocket(server, { cookie: cookies['viewer']! }, undefined, ['graphql-ws']),
    ).rejects.toThrow()
  })

  it.each([
    ['a query', '{ users { nodes { username } } }'],
    ['a mutation', 'mutation { pauseAll(input: {}) { clientMutationId } }'],
    ['a field that there is not', 'subscription { sessions { tokenHash } }'],
    ['two fields', 'subscription { scheduleChanged { op } runChanged { op } }'],
    [
      'an operation hidden behind another',
      'subscription a { runChanged { op } } mutation b { pauseAll(input: {}) { clientMutationId } }',
    ],
  ])('is refused %s', async (_, query) => {
    const socket = await openSocket(server, { cookie: cookies['admin']! })
    const answer = new Promise<{ type: string }>((resolve) =>
      socket.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString()) as { type: string }
        if (message.type === 'connection_ack')
          socket.send(
            JSON.stringify({
              id: '1',
              type: 'subscribe',
              payload: { query, ...(query.includes(' b ') && { operationName: 'b' }) },
            }),
          )
        else resolve(message)
      }),
    )
    socket.send('{"type":"connection_init"}')

    expect((await answer).type).toBe('error')
    socket.terminate()
  })
})

function subscribeTo(field: string): object {
  return { id: '1', type: 'subscribe', payload: { query: `subscription { ${field} { op } }` } }
}

/** Sends one after the other; `connection` says hello and waits for the answer, which `connection_ack` does alone. */
async function closeCodeAfter(socket: WebSocket, messages: readonly (string | object)[]): Promise<number> {
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  for (const message of messages) {
    if (message === 'connection') socket.send('{"type":"connection_init"}')
    if (message === 'connection' || message === 'connection_ack')
      await new Promise((resolve) => socket.once('message', resolve))
    else
      socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message))
  }
  return await closed
}
