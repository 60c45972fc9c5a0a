import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { LOCALHOST_CERTIFICATE, LOCALHOST_KEY } from '../../testing/localhost.ts'
import { useTestWorkers } from '../../testing/testWorkers.ts'
import { until } from '../../testing/until.ts'
import { readEmailSettings } from './settings.ts'

interface Received {
  readonly from: string
  readonly to: readonly string[]
  readonly user: unknown
  readonly isSecure: boolean
  readonly raw: string
}

const workers = useTestWorkers()
const PASSWORD = 's3cr3t/of the server'
let received: Received[] = []
/** Runs outlive their schedules: each test has its own name. */
let name = ''
let tests = 0
let closers: (() => void)[] = []
const trusted = getCACertificates('default')

beforeAll(() => setDefaultCACertificates([...trusted, LOCALHOST_CERTIFICATE]))
beforeEach(() => {
  name = `message ${++tests}`
  received = []
})
afterEach(() => {
  for (const close of closers) close()
  closers = []
})

/** Starts a mail server on a free port, which takes all; the URL that leads to it. */
async function serve(options: SMTPServerOptions = {}): Promise<string> {
  const server = new SMTPServer({
    cert: LOCALHOST_CERTIFICATE,
    key: LOCALHOST_KEY,
    closeTimeout: 0,
    onAuth: ({ username, password }, _session, done) =>
      password === PASSWORD ? done(null, { user: username }) : done(new Error(`No, not ${String(password)}`)),
    onData(stream, session, done) {
      void text(stream).then((raw) => {
        received.push({
          from: session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address,
          to: session.envelope.rcptTo.map(({ address }) => address),
          user: session.user,
          isSecure: session.secure,
          raw,
        })
        done()
      })
    },
    ...options,
  })
  server.on('error', () => undefined)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  closers.push(() => server.close())
  const { port } = server.server.address() as AddressInfo
  return `${options.secure ? 'smtps' : 'smtp'}://almanac:${encodeURIComponent(PASSWORD)}@localhost:${port}`
}

const MESSAGE = { to: ['ann@example.com'], subject: 'Done', text: 'It is done.' }

/** Triggers a schedule of that payload on a worker with that server. */
async function send(url: string, payload: object = MESSAGE, columns = {}): Promise<void> {
  await workers.start({
    email: readEmailSettings({
      ALMANAC_EMAIL_URL: url,
      ALMANAC_EMAIL_FROM: 'Almanac <almanac@example.com>',
      ALMANAC_EMAIL_ALLOW: '*@example.com',
    }),
  })
  await workers.trigger(name, 'almanac:email', { payload, retry_delay: '1 second', ...columns })
}

/** The error of a run that was tried so often. */
async function errorOf(url: string, attempts: number, payload: object = MESSAGE): Promise<string | null> {
  await send(url, payload, { max_attempts: attempts === 1 ? 3 : attempts })
  const { attempt, error } = await workers.run(name, 'failed')
  expect(attempt).toBe(attempts)
  return error
}

const refusal = (code: number, words: string) => Object.assign(new Error(words), { responseCode: code })

test('a message arrives over TLS, as the login, with facts of the run filled in', async () => {
  await send(await serve(), {
    to: ['ann@example.com', 'joe@example.com'],
    cc: ['bob@example.com'],
    bcc: ['boss@example.com'],
    subject: 'Über run {{run.id}}',
    text: 'Run {{run.id}} of {{run.scheduled_for}}',
    html: '<p>Run <b>{{run.id}}</b></p>',
  })

  const { id, result } = await workers.run(name, 'succeeded')
  const [message] = received
  expect(message).toMatchObject({
    from: 'almanac@example.com',
    to: ['ann@example.com', 'joe@example.com', 'bob@example.com', 'boss@example.com'],
    user: 'almanac',
    isSecure: true,
  })
  const { raw } = message!
  expect(raw).toMatch(/^From: Almanac <almanac@example\.com>\r$/m)
  expect(raw).toMatch(/^Cc: bob@example\.com\r$/m)
  expect(raw).toMatch(new RegExp(`^Message-ID: <almanac-run-${id}\\.[0-9a-f]{16}@example\\.com>\\r$`, 'm'))
  expect(raw).toMatch(/^Auto-Submitted: auto-generated\r$/m)
  expect(raw).toMatch(new RegExp(`^Run ${id} of 20..-..-..T..:..:..\\.\\d+Z`, 'm'))
  expect(raw).toContain(`<p>Run <b>${id}</b></p>`)
  expect(raw).not.toContain('boss')
  expect(result).toEqual({
    message_id: /^Message-ID: (.*)\r$/m.exec(raw)![1],
    accepted: ['ann@example.com', 'joe@example.com', 'bob@example.com', 'boss@example.com'],
    response: expect.stringMatching(/^250 /) as string,
  })
})

test('TLS from the first byte on works as well', async () => {
  await send(await serve({ secure: true }))

  await workers.run(name, 'succeeded')
  expect(received).toMatchObject([{ isSecure: true, user: 'almanac' }])
})

test('a server of the machine may have neither TLS nor a password, where its URL says so', async () => {
  const url = new URL(await serve({ disabledCommands: ['STARTTLS', 'AUTH'], authOptional: true }))
  await send(`smtp://localhost:${url.port}?tls=off`)

  await workers.run(name, 'succeeded')
  expect(received).toMatchObject([{ isSecure: false }])
})

test('where the server has no TLS nothing is sent, and no password either', async () => {
  const commands: string[] = []
  const url = await serve({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth(_auth, _session, done) {
      commands.push('AUTH')
      done(null, { user: 'any' })
    },
  })

  expect(await errorOf(url, 1)).toMatch(/^localhost did not take the e-mail: .*STARTTLS/)
  expect([commands, received]).toEqual([[], []])
})

test('a certificate that is not trusted is refused', async () => {
  setDefaultCACertificates(trusted)
  onTestFinished(() => setDefaultCACertificates([...trusted, LOCALHOST_CERTIFICATE]))

  expect(await errorOf(await serve(), 2)).toMatch(
    /^localhost did not take the e-mail: self-signed certificate/,
  )
  expect(received).toEqual([])
})

test('what the server refuses for now is tried again, with the same Message-ID', async () => {
  let tries = 0
  const ids: (string | undefined)[] = []
  const url = await serve({
    onData(stream, _session, done) {
      void text(stream).then((raw) => {
        ids.push(/^Message-ID: (.*)\r$/im.exec(raw)?.[1])
        done(++tries === 1 ? refusal(451, 'Try later') : null)
      })
    },
  })
  await send(url)

  expect((await workers.run(name, 'succeeded')).attempt).toBe(2)
  expect(ids).toEqual([expect.stringContaining('almanac-run-'), ids[0]])
})

test.each([
  ['a recipient', { onRcptTo: (_address, _session, done) => done(refusal(550, 'No such user')) }],
  ['the sender', { onMailFrom: (_address, _session, done) => done(refusal(553, 'Not you')) }],
  [
    'a message',
    { onData: (stream, _session, done) => void text(stream).then(() => done(refusal(554, 'Spam'))) },
  ],
] satisfies [string, SMTPServerOptions][])(
  'what is refused for good is not tried again: %s',
  async (_what, options) => {
    expect(await errorOf(await serve(options), 1)).toMatch(/^localhost did not take the e-mail: .*55\d/)
  },
)

test('of several recipients who are all refused, one for now, it is tried again', async () => {
  const url = await serve({
    onRcptTo: ({ address }, _session, done) => done(refusal(address.startsWith('ann') ? 450 : 550, 'No')),
  })

  await errorOf(url, 2, { ...MESSAGE, to: ['ann@example.com', 'bob@example.com'] })
})

test('where some are refused the run fails, says who has it, and is not tried again', async () => {
  const url = await serve({
    onRcptTo: ({ address }, _session, done) =>
      done(address.startsWith('bob') ? refusal(450, 'Mailbox full') : null),
  })

  expect(await errorOf(url, 1, { ...MESSAGE, to: ['ann@example.com', 'bob@example.com'] })).toMatch(
    /^The e-mail went to ann@example\.com, and was refused for others: bob@example\.com \(.*450 Mailbox full\)\. .*twice\.$/,
  )
  expect(received).toMatchObject([{ to: ['ann@example.com'] }])
})

test('a password that is refused is not tried again, and not shown where the server repeats it', async () => {
  const url = await serve({
    onAuth: (_auth, _session, done) => done(refusal(535, `Wrong: ${PASSWORD}`)),
  })

  const error = await errorOf(url, 1)
  expect(error).toMatch(/535 Wrong: \{\{secret:ALMANAC_EMAIL_URL\}\}/)
  expect(error).not.toContain('s3cr3t')
})

test('a server that cannot be reached is tried again', async () => {
  expect(await errorOf('smtp://127.0.0.1:1', 2)).toMatch(
    /^127\.0\.0\.1 did not take the e-mail: .*ECONNREFUSED/,
  )
})

test('a server that says nothing keeps no run longer than its timeout, and no connection', async () => {
  const sockets: Socket[] = []
  const silent = createServer((socket) => void sockets.push(socket.on('error', () => undefined)))
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  closers.push(() => silent.close())
  const { port } = silent.address() as AddressInfo

  await send(`smtp://127.0.0.1:${port}`, MESSAGE, { timeout: '300 milliseconds', max_attempts: 1 })

  await workers.run(name, 'timed_out')
  await until('the connection is closed', () =>
    Promise.resolve(
      sockets.length === 1 && sockets.every((socket) => socket.destroyed || socket.readableEnded),
    ),
  )
})

test.each([
  [{ to: ['ann@elsewhere.example'] }, 'This worker may not write to ann@elsewhere.example. '],
  [{ bcc: ['ann@elsewhere.example'] }, 'ALMANAC_EMAIL_ALLOW=ann@elsewhere.example'],
  [{ text: '{{secret:TOKEN}}' }, '{{secret:TOKEN}} is unknown. Available are {{run.id}}, '],
  [{ subject: ' ' }, 'must have 1 to 500 characters'],
  [{ cc: Array.from({ length: 50 }, (_, n) => `a${n}@example.com`) }, 'has 51 recipients; up to 50'],
])('%j is refused before anything is sent, and not tried again', async (part, message) => {
  expect(await errorOf(await serve(), 1, { ...MESSAGE, ...part })).toContain(message)
  expect(received).toEqual([])
})

test.each([
  [{ to: [] }, '/to '],
  [{ to: ['ann'] }, '/to/0 is "ann"'],
  [{ to: ['ann@example.com\r\nBcc: bob@example.com'] }, '/to/0 '],
  [{ subject: 'Done\r\nBcc: bob@example.com' }, '/subject '],
  [{ text: undefined }, 'text'],
  [{ attachments: [{ path: '/etc/passwd' }] }, '/attachments is not known'],
  [{ from: 'ceo@example.com' }, '/from is not known'],
])('%j is refused when it is written', async (part, detail) => {
  await expect(
    workers.insert({
      name: `${name} refused`,
      kind: 'manual',
      task_identifier: 'almanac:email',
      payload: { ...MESSAGE, ...part },
    }),
  ).rejects.toMatchObject({ code: 'AL006', detail: expect.stringContaining(detail) as string })
})

test('a worker without a mail server fails the run at once, and says what is to be set', async () => {
  await workers.start({ email: null })
  await workers.trigger(name, 'almanac:email', { payload: MESSAGE })

  const { attempt, error } = await workers.run(name, 'failed')
  expect(attempt).toBe(1)
  expect(error).toMatch(/^This worker sends no e-mail\. Set ALMANAC_EMAIL_URL, /)
})
