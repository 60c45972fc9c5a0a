import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http'
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
import { createTestDatabase, type TestDatabase } from '../database/createTestDatabase.ts'
import { REQUESTS, type RequestAttack } from './requests.ts'
import { setScene } from './scene.ts'
import { readAttacks } from './table.ts'

let db: TestDatabase
let server: TestServer
const cookies: Record<string, string> = {}
let annsSchedule = ''
beforeAll(async () => {
  db = await createTestDatabase()
  await setScene(db)
  server = await startTestServer(db)
  for (const role of ['viewer', 'operator', 'admin'] as const)
    cookies[role] = (await signIn(db, server, role)).cookie
  const [row] = await db.query<{ id: string }>(`select id from almanac.schedules where name = 'of ann'`)
  annsSchedule = row?.id ?? ''
})
afterAll(async () => {
  await server.close()
  await db.drop()
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
    ['with a cookie that is none', { cookie: `almanac_session_PORT=${'x'.repeat(43)}` }, '401'],
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
  ])('that sends %s is closed', async (_, messages, code) => {
    const socket = await openSocket(server, { cookie: cookies['viewer']! })

    expect(await closeCodeAfter(socket, messages)).toBe(code)
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

/** Sends one after the other; a text that is the type of a message waits for it. */
async function closeCodeAfter(socket: WebSocket, messages: readonly (string | object)[]): Promise<number> {
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  for (const message of messages) {
    if (message === 'connection_ack') await new Promise((resolve) => socket.once('message', resolve))
    else socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }
  return await closed
}
