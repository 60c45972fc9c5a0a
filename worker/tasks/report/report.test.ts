import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { useTestWorkers } from '../../testing/testWorkers.ts'
import { readEmailSettings } from '../email/settings.ts'
import { readHttpSettings } from '../http/settings.ts'

const workers = useTestWorkers()
const KEY = 'what signs it'
let requests: { method: string | undefined; headers: IncomingHttpHeaders; body: string }[] = []
let messages: string[] = []
/** Runs outlive their schedules: each test has its own name. */
let name = ''
let tests = 0
let status = 200
let [url, mailUrl] = ['', '']

const web = createServer((request, response) => {
  void text(request).then((body) => {
    requests.push({ method: request.method, headers: request.headers, body })
    response.writeHead(status).end('taken')
  })
})
const mail = new SMTPServer({
  disabledCommands: ['STARTTLS', 'AUTH'],
  authOptional: true,
  closeTimeout: 0,
  onData(stream, _session, done) {
    void text(stream).then((raw) => {
      messages.push(raw)
      done()
    })
  },
})
beforeAll(async () => {
  await Promise.all([
    once(web.listen(0, '127.0.0.1'), 'listening'),
    once(mail.listen(0, '127.0.0.1'), 'listening'),
  ])
  url = `http://127.0.0.1:${(web.address() as AddressInfo).port}`
  mailUrl = `smtp://127.0.0.1:${(mail.server.address() as AddressInfo).port}?tls=off`
  await workers.query(`
    create schema shop; grant usage, create on schema shop to almanac_test_plain;
    create table shop.orders (id int, name text); insert into shop.orders values (1, '=1+1'), (2, null), (3, 'Ö');
    grant select, insert on shop.orders to almanac_test_plain`)
})
beforeEach(() => {
  name = `report ${++tests}`
  requests = []
  messages = []
  status = 200
})
afterAll(() => {
  web.close().closeAllConnections()
  mail.close()
})

const ORDERS = 'select * from shop.orders order by id'
const EMAIL = {
  to: ['ann@example.com'],
  subject: 'Orders of run {{run.id}}',
  text: 'As of {{run.scheduled_for}}',
}

/** Triggers a schedule of that payload. */
async function send(payload: object, columns = {}): Promise<void> {
  await workers.start({
    sqlUrl: workers.database.connectionStringFor('plain'),
    email: readEmailSettings({
      ALMANAC_EMAIL_URL: mailUrl,
      ALMANAC_EMAIL_FROM: 'almanac@example.com',
      ALMANAC_EMAIL_ALLOW: '*@example.com',
    }),
    http: readHttpSettings({
      ALMANAC_HTTP_ALLOW: '127.0.0.1',
      ALMANAC_SECRET_KEY: KEY,
      ALMANAC_SECRET_KEY_HOSTS: 'http://127.0.0.1:*',
    }),
  })
  await workers.trigger(name, 'almanac:report', { payload, retry_delay: '1 second', ...columns })
}

/** The error of a run that was tried once. */
async function errorOf(payload: object): Promise<string | null> {
  await send(payload)
  const { attempt, error } = await workers.run(name, 'failed')
  expect(attempt).toBe(1)
  return error
}

/** A part of a message with that type, decoded. */
function partOf(raw: string, type: string): string {
  const part = raw.split(/^--.*\r$/m).find((one) => one.includes(`Content-Type: ${type}`)) ?? ''
  const [head = '', ...rest] = part.split('\r\n\r\n')
  const body = rest.join('\r\n\r\n')
  return /base64/i.test(head) ? Buffer.from(body, 'base64').toString() : body
}

test('rows are attached as CSV, which a spreadsheet opens and does not run', async () => {
  await send({ statement: ORDERS, format: 'csv', email: { ...EMAIL, filename: 'orders' } })

  const { id, result } = await workers.run(name, 'succeeded')
  const [raw = ''] = messages
  expect(raw).toContain(`Subject: Orders of run ${id}`)
  expect(partOf(raw, 'text/plain')).toMatch(/^As of 20.*\r\n\r\norders\.csv: 3 rows\./)
  expect(raw).toMatch(/^Content-Disposition: attachment; filename="?orders\.csv"?\r$/m)
  expect(partOf(raw, 'text/csv')).toBe("\ufeffid,name\r\n1,'=1+1\r\n2,\r\n3,Ö\r\n")
  expect(result).toMatchObject({
    rows: 3,
    is_sent: true,
    email: {
      accepted: ['ann@example.com'],
      message_id: expect.stringContaining(`almanac-run-${id}.`) as string,
    },
  })
})

test('rows are an HTML table in the message', async () => {
  await send({ statement: ORDERS, format: 'html', email: EMAIL })

  const { id } = await workers.run(name, 'succeeded')
  const [raw = ''] = messages
  const html = raw.replaceAll('=\r\n', '').replaceAll('=3D', '=')
  expect(html).toContain(`<title>Orders of run ${id}</title>`)
  expect(html).toContain('<td align="right">1</td><td>=1+1</td>')
  expect(html).toContain('<p>3 rows.</p>')
  expect(raw).not.toContain('attachment')
})

test('rows go to a URL as JSON, signed, and nothing is filled in there', async () => {
  await send({
    statement: `select 1 as id, '{{secret:KEY}} {{run.id}}' as name`,
    format: 'json',
    request: { url, method: 'PUT', headers: { 'x-run': '{{run.id}}' }, sign_with: 'KEY' },
  })

  const { id, result } = await workers.run(name, 'succeeded')
  const [{ method, headers, body } = { method: '', headers: {}, body: '' }] = requests
  expect(JSON.parse(body)).toEqual([{ id: 1, name: '{{secret:KEY}} {{run.id}}' }])
  expect(method).toBe('PUT')
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'idempotency-key': `almanac-run-${id}`,
    'x-run': id,
    'almanac-report-rows': '1',
  })
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
  expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', KEY).update(signed).digest('base64')}`)
  expect(result).toMatchObject({ rows: 1, bytes: body.length, response: { status: 200, body: 'taken' } })
})

test('a URL that does not take it for now is tried again', async () => {
  status = 503
  await send({ statement: ORDERS, format: 'csv', request: { url } }, { max_attempts: 2 })

  expect((await workers.run(name, 'failed')).error).toMatch(/^POST http:\S+ answered 503: taken/)
  expect(requests).toHaveLength(2)
})

test('more rows than it may have are left out, uncomputed, and said to be there', async () => {
  await send({
    statement: 'select i, 1 / (12 - i) as never_zero from generate_series(1, 100) i',
    format: 'csv',
    max_rows: 10,
    request: { url },
  })

  expect((await workers.run(name, 'succeeded')).result).toMatchObject({ rows: 10, is_cut: true })
  expect(requests[0]!.headers).toMatchObject({ 'almanac-report-rows': '10', 'almanac-report-cut': 'true' })
  const lines = await workers.query(
    `select l.level, l.message from almanac.runs r, almanac.run_log(r.id) l where r.schedule_name = $1`,
    [name],
  )
  expect(lines).toEqual([
    { level: 'warning', message: 'The report is cut. The first 10 rows; there are more.' },
  ])
})

test('rows of more bytes than it may have are left out too', async () => {
  await send({
    statement: `select repeat('x', 1000000) as x from generate_series(1, 8)`,
    format: 'json',
    request: { url },
  })

  expect((await workers.run(name, 'succeeded')).result).toMatchObject({ rows: 5, is_cut: true })
  expect(JSON.parse(requests[0]!.body)).toHaveLength(5)
})

test.each([
  ['skip', 0],
  ['send', 1],
])('without rows, when_empty %s sends it %i times', async (when_empty, times) => {
  await send({ statement: `${ORDERS} limit 0`, format: 'csv', request: { url }, when_empty })

  expect((await workers.run(name, 'succeeded')).result).toMatchObject({ rows: 0, is_sent: times === 1 })
  expect(requests.map(({ body }) => body)).toEqual(times === 1 ? ['id,name\r\n'] : [])
})

test.each([
  ['insert into shop.orders values (4)', /single query that returns rows/],
  ['with w as (insert into shop.orders values (4) returning id) select * from w', /data-modifying/],
  ['select shop.write()', /read-only transaction\n.*Have almanac:sql run what writes/],
  [`select set_config('transaction_read_only', 'off', true), shop.write()`, /transaction/],
  ['select 1; commit; insert into shop.orders values (4)', /multiple commands/],
  ['select 1; commit', /multiple commands/],
  ['commit', /single query that returns rows/],
  ['set transaction read write', /single query that returns rows/],
  ['vacuum', /single query that returns rows/],
  ['select * from almanac.users', /permission denied/],
])('%s is refused, and not tried again', async (statement, message) => {
  await workers.query(
    `create or replace function shop.write() returns int language sql as 'insert into shop.orders values (4) returning id';
     grant execute on function shop.write() to almanac_test_plain`,
  )

  expect(await errorOf({ statement, format: 'csv', request: { url } })).toMatch(message)
  expect(requests).toEqual([])
  expect(await workers.query('select from shop.orders')).toHaveLength(3)
})

test.each([
  [{ email: { ...EMAIL, to: ['ann@elsewhere.example'] } }, 'may not write to ann@elsewhere.example'],
  [{ email: { ...EMAIL, text: '{{secret:KEY}}' } }, '{{secret:KEY}} is unknown'],
  [{ request: { url: 'http://127.0.0.1/', sign_with: 'NONE' } }, 'This worker has no secret NONE'],
  [{ request: { url: 'http://10.0.0.1/', sign_with: 'KEY' } }, 'The secret KEY may not be sent there'],
])('what cannot be sent is refused before the statement runs: %j', async (destination, message) => {
  expect(await errorOf({ statement: 'select 1 / 0', format: 'csv', ...destination })).toContain(message)
})

test('a private address is refused, as for almanac:http', async () => {
  const error = await errorOf({ statement: ORDERS, format: 'csv', request: { url: 'http://10.0.0.1/' } })

  expect(error).toContain('10.0.0.1 is not a public address')
})

test.each([
  [{}, 'is missing'],
  [{ email: EMAIL, request: { url: 'https://example.com' } }, ''],
  [{ request: { url: 'https://example.com', body: 'mine' } }, '/request/body is not known'],
  [{ email: { ...EMAIL, filename: '../x' } }, '/email/filename'],
  [{ request: { url: 'https://example.com' }, max_rows: 100_001 }, '/max_rows'],
])('%j is refused when it is written', async (part, detail) => {
  await expect(
    workers.insert({
      name: `${name} refused`,
      kind: 'manual',
      task_identifier: 'almanac:report',
      payload: { statement: ORDERS, format: 'csv', ...part },
    }),
  ).rejects.toMatchObject({ code: 'AL006', detail: expect.stringContaining(detail) as string })
})

test('a query without end is cancelled when the time of its run is over', async () => {
  await send(
    { statement: 'select pg_sleep(600)', format: 'csv', request: { url } },
    { timeout: '200 milliseconds', max_attempts: 1 },
  )

  await workers.run(name, 'timed_out')
  expect(requests).toEqual([])
})
