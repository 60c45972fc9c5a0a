import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { useTestWorkers } from '../../testing/testWorkers.ts'
import { readHttpSettings } from './settings.ts'

interface Received {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

type Answer = (request: Received, response: ServerResponse) => void

const workers = useTestWorkers()
let received: Received[] = []
/** Runs outlive their schedules: each test has its own name. */
let name = ''
let tests = 0
let answer: Answer = (_request, response) => response.end()
const servers = [0, 1].map(() =>
  createServer((request, response) => {
    void text(request).then((body) => {
      const { method, url, headers } = request
      const seen = { method, url, headers, body }
      received.push(seen)
      answer(seen, response)
    })
  }),
)
let [here, elsewhere] = ['', '']
const SECRET = 'not for everyone'
const KEY = 'what signs'
const SETTINGS = readHttpSettings({
  ALMANAC_HTTP_ALLOW: '127.0.0.1',
  ALMANAC_SECRET_TOKEN: SECRET,
  ALMANAC_SECRET_TOKEN_HOSTS: 'http://127.0.0.1:*',
  ALMANAC_SECRET_KEY: `whsec_${Buffer.from(KEY).toString('base64')}`,
  ALMANAC_SECRET_KEY_HOSTS: 'http://*:*',
  ALMANAC_SECRET_OVER_TLS: 'only over https',
  ALMANAC_SECRET_OVER_TLS_HOSTS: '127.0.0.1, 127.0.0.1:*',
  ALMANAC_SECRET_AWAY: 'for another host',
  ALMANAC_SECRET_AWAY_HOSTS: '*.example.com',
})

beforeAll(async () => {
  for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening')
  const [first = '', second = ''] = servers.map(
    (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  )
  here = first
  elsewhere = second
})
beforeEach(() => {
  name = `request ${++tests}`
  received = []
  answer = (_request, response) => response.end()
})
afterAll(() => {
  for (const server of servers) server.close().closeAllConnections()
})

/** Triggers a schedule of that payload on a worker. */
async function send(payload: Readonly<Record<string, unknown>>, columns = {}): Promise<void> {
  await workers.start({ http: SETTINGS })
  await workers.trigger(name, 'almanac:http', { payload, retry_delay: '1 second', ...columns })
}

/** The error of a run that was tried once. */
async function errorOf(payload: Readonly<Record<string, unknown>>, columns = {}): Promise<string | null> {
  await send(payload, columns)
  const { attempt, error } = await workers.run(name, 'failed')
  expect(attempt).toBe(1)
  return error
}

test('the answer is the result', async () => {
  answer = (_request, response) => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'x-request-id': 'abc',
      'set-cookie': 'a=b',
    })
    response.end('{"rows": [1, 2]}')
  }
  await send({ url: `${here}/rows?since=1` })

  const { result } = await workers.run(name, 'succeeded')
  expect(result).toMatchObject({
    status: 200,
    headers: { 'content-type': 'application/json', 'x-request-id': 'abc' },
    body: { rows: [1, 2] },
  })
  expect(JSON.stringify(result)).not.toContain('a=b')
  expect(received).toMatchObject([{ method: 'GET', url: '/rows?since=1', body: '' }])
})

test('a body is sent as JSON, with facts of the run and secrets filled in, which no one reads afterwards', async () => {
  answer = ({ headers, body }, response) => {
    response.setHeader('location', `/?token=${String(headers.authorization)}`)
    response.end(`You said ${String(headers.authorization)} and ${body}`)
  }
  await send({
    url: `${here}/{{run.scheduled_for}}`,
    headers: { Authorization: 'Bearer {{secret:TOKEN}}', 'X-Own': 'é' },
    body: { run: '{{run.id}}', list: ['try {{ run.attempt }}', 5, null], token: '{{secret:TOKEN}}' },
  })

  const { id, result } = await workers.run(name, 'succeeded')
  const [{ at } = { at: null }] = await workers.query<{ at: Date }>(
    'select scheduled_for as at from almanac.runs where id = $1',
    [id],
  )
  expect(received).toMatchObject([
    {
      method: 'POST',
      url: `/${encodeURIComponent(at!.toISOString())}`,
      headers: {
        authorization: `Bearer ${SECRET}`,
        'content-type': 'application/json',
        'idempotency-key': `almanac-run-${id}`,
        'user-agent': 'Almanac',
      },
      body: JSON.stringify({ run: id, list: ['try 1', 5, null], token: SECRET }),
    },
  ])
  expect(JSON.stringify(result)).not.toContain(SECRET)
  expect(result).toMatchObject({
    body: expect.stringContaining('You said Bearer {{secret:TOKEN}}') as string,
  })
})

test.each([
  ['escaped in JSON', 'application/json', `["\\u006eot for everyone"]`, ['{{secret:TOKEN}}']],
  ['in Base64', 'text/plain', 'bm90IGZvciBldmVyeW9uZQ==', '{{secret:TOKEN}}=='],
  ['percent-encoded', 'text/plain', 'a=not%20for%20everyone', 'a={{secret:TOKEN}}'],
  ['of another request', 'text/plain', 'only over https', '{{secret:OVER_TLS}}'],
  ['cut off', 'text/plain', `${'x'.repeat(32_760)}${SECRET}`, `${'x'.repeat(32_760)}{{secret:TOKEN}}`],
])('a secret that comes back %s is not kept', async (_how, type, sent, kept) => {
  answer = (_request, response) => response.writeHead(200, { 'content-type': type }).end(sent)
  await send({ url: here })

  expect((await workers.run(name, 'succeeded')).result).toMatchObject({ body: kept })
})

test('JSON that nests deeper than results do is kept as text', async () => {
  const deep = '['.repeat(200) + ']'.repeat(200)
  answer = (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(deep)
  await send({ url: here })

  expect((await workers.run(name, 'succeeded')).result).toMatchObject({ status: 200, body: deep })
})

test('an answer that breaks off says of what', async () => {
  answer = (_request, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('begun')
    setImmediate(() => response.destroy())
  }
  await send({ url: `${here}/a`, timeout_seconds: 1.001 }, { max_attempts: 1 })

  expect((await workers.run(name, 'failed')).error).toMatch(/^GET http:\S+\/a failed: /)
})

test('a secret may be the whole url, of which nothing is said', async () => {
  answer = (_request, response) => response.writeHead(404).end()
  await workers.start({
    http: readHttpSettings({
      ALMANAC_HTTP_ALLOW: '127.0.0.1',
      ALMANAC_SECRET_HOOK: `${here}/T0/B0/x?y=z`,
      ALMANAC_SECRET_HOOK_HOSTS: 'http://127.0.0.1:*',
    }),
  })
  await workers.trigger(name, 'almanac:http', { payload: { url: '{{secret:HOOK}}', body: {} } })

  expect((await workers.run(name, 'failed')).error).toBe('POST {{secret:HOOK}} answered 404')
  expect(received).toMatchObject([{ url: '/T0/B0/x?y=z' }])
})

test('a signature is that of Standard Webhooks, with the same id at each attempt', async () => {
  answer = (_request, response) => {
    if (received.length === 1) response.writeHead(503)
    response.end()
  }
  await send({ url: here, body: 'text', sign_with: 'KEY' })

  const { id, attempt } = await workers.run(name, 'succeeded')
  expect(attempt).toBe(2)
  expect(received).toHaveLength(2)
  for (const { headers, body } of received) {
    expect(headers['webhook-id']).toBe(`almanac-run-${id}`)
    const signed = `${String(headers['webhook-id'])}.${headers['webhook-timestamp'] as string}.${body}`
    const digest = createHmac('sha256', KEY).update(signed).digest('base64')
    expect(headers['webhook-signature']).toBe(`v1,${digest}`)
  }
})

test.each([
  [200, undefined, true],
  [204, undefined, true],
  [200, [202], false],
  [404, [404], true],
  [302, undefined, false],
  [400, undefined, false],
])('status %i with expect_status %j: succeeded is %s', async (status, expected, succeeds) => {
  answer = (_request, response) => response.writeHead(status).end(status === 204 ? undefined : 'because')
  if (succeeds) {
    await send({ url: here, ...(expected && { expect_status: expected }) })
    expect((await workers.run(name, 'succeeded')).result).toMatchObject({ status })
  } else {
    const error = await errorOf({ url: `${here}/a?token=b`, ...(expected && { expect_status: expected }) })
    expect(error).toBe(`GET ${here}/a answered ${status}: because`)
  }
})

test.each([408, 425, 429, 500, 503])('after %i it is tried again', async (status) => {
  answer = (_request, response) => response.writeHead(received.length === 1 ? status : 200).end()
  await send({ url: here })

  expect((await workers.run(name, 'succeeded')).attempt).toBe(2)
})

test('an answer is read no further than what is kept of it', async () => {
  let isClosed = false
  answer = (_request, response) => {
    response.on('close', () => (isClosed = true))
    const write = () => {
      while (!response.destroyed && response.write('x'.repeat(10_000)));
      response.once('drain', write)
    }
    write()
  }
  await send({ url: here })

  const { result } = await workers.run(name, 'succeeded')
  expect(result).toMatchObject({ truncated: true, body: 'x'.repeat(32_768) })
  expect(isClosed).toBe(true)
})

test('a redirect is followed as often as the payload says, with its headers only on the same origin', async () => {
  answer = ({ url }, response) => {
    if (url === '/a') response.writeHead(307, { location: '/b' }).end()
    else if (url === '/b') response.writeHead(302, { location: `${elsewhere}/c` }).end()
    else response.end('there')
  }
  await send({ url: `${here}/a`, body: 'text', headers: { 'x-key': 'own' }, max_redirects: 2 })

  expect((await workers.run(name, 'succeeded')).result).toMatchObject({ body: 'there', redirects: 2 })
  expect(received.map(({ method, url, body, headers }) => [method, url, body, headers['x-key']])).toEqual([
    ['POST', '/a', 'text', 'own'],
    ['POST', '/b', 'text', 'own'],
    ['GET', '/c', '', undefined],
  ])
})

test.each([
  [
    'another host',
    () => `${elsewhere}/c`,
    /^GET http:\S+ redirects to another host, to which its secrets are not sent\./,
  ],
  [
    'a file',
    () => 'file:///etc/passwd',
    / redirects to an address that is neither https nor http, or is malformed\.$/,
  ],
])('a request with a secret does not follow to %s', async (_what, location, message) => {
  answer = (_request, response) => response.writeHead(307, { location: location() }).end()

  const error = await errorOf({
    url: here,
    headers: { authorization: '{{secret:TOKEN}}' },
    max_redirects: 5,
  })
  expect(error).toMatch(message)
  expect(received).toHaveLength(1)
})

test('a redirect leads to no address that is not public', async () => {
  answer = (_request, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end()

  expect(await errorOf({ url: here, max_redirects: 5 })).toMatch(
    /^GET \S+ \(redirected\) failed: 169\.254\.169\.254 is not a public address, so runs may not reach it\./,
  )
})

test.each([
  ['http://localhost:1/', 'localhost ('],
  ['http://[::1]:1/', '::1'],
  ['http://0x7f000002:1/', '127.0.0.2'],
  ['http://10.0.0.1/', '10.0.0.1'],
])('%s is not reached where nothing is allowed', async (url, refused) => {
  await workers.start({ http: { ...SETTINGS, allowed: [] } })
  await workers.trigger(name, 'almanac:http', { payload: { url } })

  const { attempt, error } = await workers.run(name, 'failed')
  expect(attempt).toBe(1)
  expect(error).toContain(` failed: ${refused}`)
  expect(error).toContain('is not a public address, so runs may not reach it.')
})

test.each([
  [{ body: 'x', method: 'GET' }, 'A GET request cannot have a body.'],
  [{ headers: { Host: 'other' } }, 'The header Host is set by the connection; remove it.'],
  [{ headers: { a: 'b\r\nc: d' } }, 'The header a contains characters that headers cannot contain.'],
  [{ headers: { a: '{{secret:UNKNOWN}}' } }, 'This worker has no secret UNKNOWN.'],
  [{ headers: { a: '{{env:PATH}}' } }, '{{env:PATH}} is unknown. Available are {{run.id}}, '],
  [{ headers: { a: '{{secret:AWAY}}' } }, 'The secret AWAY may not be sent there: ALMANAC_SECRET_AWAY_HOSTS'],
  [{ sign_with: 'AWAY' }, 'The secret AWAY may not be sent there'],
  [{ body: '{{secret:OVER_TLS}}' }, 'The secret OVER_TLS may not be sent there'],
  [{ url: 'https://{{secret:TOKEN}}.example.com/' }, 'with {{…}} only after its host'],
  [{ url: '{{secret:TOKEN}}.example.com/' }, 'with {{…}} only after its host'],
  [{ url: 'https://a@{{secret:TOKEN}}/' }, 'with {{…}} only after its host'],
  [{ url: '{{secret:TOKEN}}' }, 'The url of almanac:http, once filled in, is not of the form'],
  [{ url: 'http://me:you@127.0.0.1/' }, 'The url of almanac:http contains a password.'],
  [{ url: '{{run.id}}' }, 'The url of almanac:http must be of the form https://example.com/path'],
])('%j fails at once, and nothing is sent', async (payload, message) => {
  expect(await errorOf({ url: here, ...payload })).toContain(message)
  expect(received).toEqual([])
})

test('what does not answer in time is tried again', async () => {
  answer = (_request, response) => {
    if (received.length > 1) response.end()
  }
  await send({ url: `${here}/slow`, timeout_seconds: 0.3 })

  const { id, attempt } = await workers.run(name, 'succeeded')
  expect(attempt).toBe(2)
  expect(
    await workers.query(`select error from almanac.run_attempts where run_id = $1 and attempt = 1`, [id]),
  ).toMatchObject([{ error: `GET ${here}/slow did not answer within 0.3 s.` }])
})

test('the timeout of the run ends the request', async () => {
  let isClosed = false
  answer = (_request, response) => response.on('close', () => (isClosed = true))
  await send({ url: here }, { timeout: '1 second', max_attempts: 1 })

  expect((await workers.run(name, 'timed_out')).attempt).toBe(1)
  expect(isClosed).toBe(true)
})

test.each([
  `{"url": "ftp://example.com"}`,
  `{"url": "https://example.com", "method": "CONNECT"}`,
  `{"url": "https://example.com", "headers": {"a b": "c"}}`,
  `{"url": "https://example.com", "max_redirects": 6}`,
  `{"url": "https://example.com", "retries": 6}`,
  `{}`,
])('the payload %s is refused where it is written', async (payload) => {
  await expect(
    workers.query(`select almanac.schedule_cron('x', '0 3 * * *', 'almanac:http', $1)`, [payload]),
  ).rejects.toMatchObject({ code: 'AL006' })
})
