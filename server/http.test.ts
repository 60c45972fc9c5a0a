import { request as httpRequest } from 'node:http'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../tests/database/createTestDatabase.ts'
import { hashSecret } from './auth/sessions.ts'
import { newLink, openSocket, redeem, signIn, startTestServer, type TestServer } from './testing/client.ts'

let db: TestDatabase
let server: TestServer
beforeAll(async () => {
  db = await createTestDatabase()
  server = await startTestServer(db)
})
afterAll(async () => {
  await server.close()
  await db.drop()
})

const tokenOf = (link: string) => link.split('#token=')[1]!

describe('a sign-in link', () => {
  it('carries its token where no server sees it', async () => {
    expect(await newLink(db, server)).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/sign-in#token=[\w-]{43}$/)
  })

  it('is spent once', async () => {
    const link = await newLink(db, server)

    expect((await redeem(server, link)).status).toBe(200)
    expect((await redeem(server, link)).status).toBe(401)
  })

  it('is spent once also by two at the same time', async () => {
    const link = await newLink(db, server)

    const answers = await Promise.all([1, 2, 3, 4].map(() => redeem(server, link)))

    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 401, 401, 401])
  })

  it('lives 15 minutes', async () => {
    const hash = hashSecret(tokenOf(await newLink(db, server)))

    expect(
      await db.query(
        `select date_trunc('minute', expires_at - created_at + interval '1 second')::text as life from almanac_private.login_tokens where token_hash = $1`,
        [hash],
      ),
    ).toEqual([{ life: '00:15:00' }])
  })

  it('is worth nothing after that', async () => {
    const link = await newLink(db, server)
    await db.query(`update almanac_private.login_tokens set expires_at = now() where token_hash = $1`, [
      hashSecret(tokenOf(link)),
    ])

    expect((await redeem(server, link)).status).toBe(401)
  })

  it('is not given to a user who is not there or disabled', async () => {
    await db.query(`insert into almanac.users (username, disabled_at) values ('gone', now())`)

    for (const username of ['nobody', 'gone']) {
      await expect(newLink(db, server, username)).rejects.toMatchObject({ code: 'AL014' })
    }
  })

  it('gives a cookie that scripts and other sites cannot use', async () => {
    const response = await redeem(server, await newLink(db, server))

    expect(response.headers.get('set-cookie')).toMatch(/; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/)
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('gives a cookie for TLS only behind a proxy that ends it', async () => {
    const response = await fetch(`${server.url}/auth/login`, {
      method: 'POST',
      headers: { 'x-forwarded-proto': 'https' },
      body: JSON.stringify({ token: tokenOf(await newLink(db, server)) }),
    })

    expect(response.headers.get('set-cookie')).toMatch(/; Secure$/)
  })

  it('gives a cookie for TLS only where browsers reach it by TLS, whether or not the proxy says so', async () => {
    const named = await startTestServer(db, { publicUrl: 'https://almanac.example.com' })
    const cookieFor = async (host: string) => {
      const body = JSON.stringify({ token: tokenOf(await newLink(db, named)) })
      return (await getAs(named, host, '/auth/login', { method: 'POST', body })).cookie
    }

    expect(await cookieFor('almanac.example.com')).toMatch(/^__Host-almanac_session=.*; Secure$/)
    expect(await cookieFor(new URL(named.url).host)).not.toMatch(/Secure/)
    await named.close()
  })

  it('leaves nothing in the database that signs in', async () => {
    const link = await newLink(db, server)
    const cookie = (await redeem(server, link)).headers.get('set-cookie')!
    const secret = /=([\w-]{43});/.exec(cookie)![1]!

    const kept = await db.query<{ row: string }>(
      `select t::text as row from almanac_private.login_tokens t union all select s::text from almanac_private.sessions s`,
    )

    for (const { row } of kept) {
      expect(row).not.toContain(tokenOf(link))
      expect(row).not.toContain(secret)
    }
  })

  it.each(['', 'null', '{}', '{"token": 1}', '{"token": "short"}', 'x'.repeat(10_000)])(
    'is not %.20j',
    async (body) => {
      const response = await fetch(`${server.url}/auth/login`, { method: 'POST', body })

      expect(response.status).toBe(401)
      expect(response.headers.get('set-cookie')).toBeNull()
    },
  )
})

describe('a session', () => {
  const sessionOf = (cookie: string, on = server) => fetch(`${on.url}/auth/session`, { headers: { cookie } })

  it('says who is signed in until it is ended', async () => {
    const { cookie } = await signIn(db, server, 'operator')

    expect(await (await sessionOf(cookie)).json()).toMatchObject({
      user: { username: 'test_operator', role: 'operator' },
    })
    await fetch(`${server.url}/auth/logout`, { method: 'POST', headers: { cookie } })
    expect((await sessionOf(cookie)).status).toBe(401)
  })

  it('ends when its user is disabled', async () => {
    const { cookie, post } = await signIn(db, server, 'viewer')

    await db.query(`update almanac.users set disabled_at = now() where username = 'test_viewer'`)

    expect((await sessionOf(cookie)).status).toBe(401)
    expect((await post({ query: '{ __typename }' })).status).toBe(401)
    await db.query(`update almanac.users set disabled_at = null where username = 'test_viewer'`)
    expect((await sessionOf(cookie)).status).toBe(401)
  })

  it('is not opened, after its user was disabled and enabled, by an earlier link', async () => {
    await signIn(db, server, 'viewer')
    const link = await newLink(db, server, 'test_viewer')
    for (const disabled of ['now()', 'null'])
      await db.query(`update almanac.users set disabled_at = ${disabled} where username = 'test_viewer'`)

    expect((await redeem(server, link)).status).toBe(401)
  })

  it('ends when it expires', async () => {
    const { cookie } = await signIn(db, server, 'viewer')

    await db.query(`update almanac_private.sessions set expires_at = now()`)

    expect((await sessionOf(cookie)).status).toBe(401)
  })

  it('gives its user another role at once', async () => {
    const { graphql, username } = await signIn(db, server, 'admin')
    const register = `mutation { registerTask(input: {identifier: "demoted"}) { clientMutationId } }`
    expect((await graphql(register)).errors).toBeUndefined()

    await db.query(`update almanac.users set role = 'viewer' where username = $1`, [username])

    expect((await graphql(register)).errors?.[0]?.extensions).toMatchObject({ code: 'AL011' })
    await db.query(`update almanac.users set role = 'admin' where username = $1`, [username])
  })

  it('of one Almanac stays when another on the same host is signed in to', async () => {
    const other = await startTestServer(db)
    const first = await signIn(db, server, 'viewer')
    const second = await signIn(db, other, 'admin')

    const both = `${first.cookie}; ${second.cookie}`

    expect(await (await sessionOf(both)).json()).toMatchObject({ user: { role: 'viewer' } })
    expect(await (await sessionOf(both, other)).json()).toMatchObject({ user: { role: 'admin' } })
    await other.close()
  })
})

describe('who is not signed in', () => {
  it('gets no GraphQL', async () => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query": "{ __typename }"}',
    })

    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  })

  it('gets no socket', async () => {
    await expect(openSocket(server)).rejects.toThrow('401')
    await expect(
      openSocket(server, { cookie: `almanac_session_${new URL(server.url).port}=${'x'.repeat(43)}` }),
    ).rejects.toThrow('401')
  })
})

describe('a page of another origin', () => {
  it.each(['https://evil.example', 'null', 'http://127.0.0.1:1'])(
    'at %s changes nothing, even with the cookie',
    async (origin) => {
      const { post } = await signIn(db, server, 'admin')

      expect((await post({ query: '{ __typename }' }, { origin })).status).toBe(403)
    },
  )

  it.each([
    ['cross-site', 403],
    ['same-site', 403],
    ['same-origin', 200],
    ['none', 200],
  ])('changes nothing where the Origin is taken away and the browser says %s', async (site, status) => {
    const { post } = await signIn(db, server, 'admin')

    expect((await post({ query: '{ __typename }' }, { 'sec-fetch-site': site })).status).toBe(status)
  })

  it('gets no socket', async () => {
    const { cookie } = await signIn(db, server, 'admin')

    await expect(openSocket(server, { cookie, origin: 'https://evil.example' })).rejects.toThrow('403')
  })

  it.each([
    ['http://almanac.example.com', 403],
    ['https://almanac.example.com', 401],
    ['https://almanac.example.com:444', 403],
    ['HTTPS://ALMANAC.EXAMPLE.COM', 401],
  ])('is one of the same name without TLS, where there is TLS: %s', async (origin, status) => {
    const named = await startTestServer(db, { publicUrl: 'https://almanac.example.com' })
    const headers = { origin }

    const told = await getAs(named, 'almanac.example.com', '/graphql', { method: 'POST', headers })

    expect(told.status).toBe(status)
    await expect(openSocket(named, { ...headers, host: 'almanac.example.com' })).rejects.toThrow(
      String(status),
    )
    await named.close()
  })

  it('spends no link', async () => {
    const link = await newLink(db, server)
    const response = await fetch(`${server.url}/auth/login`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
      body: JSON.stringify({ token: tokenOf(link) }),
    })

    expect(response.status).toBe(403)
    expect((await redeem(server, link)).status).toBe(200)
  })
})

describe('a page whose own name leads here', () => {
  it.each(['evil.example', 'evil.example:5678', 'localhost.evil.example', '127.0.0.1.evil.example', 'a b'])(
    'as %j gets nothing',
    async (host) => {
      const { status, body } = await getAs(server, host, '/auth/session')

      expect([400, 421]).toContain(status)
      if (status === 421) expect(body).toContain('ALMANAC_HOSTS')
    },
  )

  it('gets no socket, even of its own origin', async () => {
    const { cookie } = await signIn(db, server, 'admin')
    const headers = { cookie, host: 'evil.example', origin: 'http://evil.example' }

    await expect(openSocket(server, headers)).rejects.toThrow('421')
  })

  it.each([
    'localhost',
    'LOCALHOST:1',
    '127.0.0.1:1',
    '192.0.2.7',
    '[::1]:5678',
    'almanac.example.com',
    'inside',
  ])('is none as %s', async (host) => {
    const named = await startTestServer(db, { publicUrl: 'https://almanac.example.com', hosts: ['inside'] })

    expect((await getAs(named, host, '/auth/session')).status).toBe(401)
    await named.close()
  })

  it('may ask for /healthz, as whoever watches it does', async () => {
    expect((await getAs(server, 'server:5678', '/healthz')).status).toBe(200)
  })
})

it('GraphQL is asked by POST only, and with JSON', async () => {
  const { cookie } = await signIn(db, server, 'viewer')
  const query = '{ __typename }'
  const url = `${server.url}/graphql`

  const answers = await Promise.all([
    fetch(`${url}?query=${encodeURIComponent(query)}`, { headers: { cookie } }),
    fetch(url, { method: 'POST', headers: { cookie }, body: new URLSearchParams({ query }) }),
    fetch(url, { method: 'POST', headers: { cookie, 'content-type': 'application/graphql' }, body: query }),
    fetch(url, {
      method: 'POST',
      headers: { cookie, 'content-type': 'text/plain' },
      body: JSON.stringify({ query }),
    }),
  ])

  for (const answer of answers) expect(await answer.text()).not.toContain('"__typename"')
})

describe('/healthz', () => {
  const health = async () => {
    const response = await fetch(`${server.url}/healthz`)
    return { status: response.status, facts: (await response.json()) as unknown }
  }
  const NOTHING = { checkedAt: null, isFresh: false, problems: null }

  it('says to anyone, while the database answers, that nothing runs', async () => {
    expect(await health()).toEqual({
      status: 200,
      facts: {
        database: true,
        workers: { running: 0, takingJobs: 0 },
        isCopy: false,
        isStopped: false,
        overdue: null,
        notBegun: null,
        limits: [],
        leader: false,
        ledger: NOTHING,
        blockers: [],
      },
    })
  })

  it('says how many workers are running, how many of them take jobs, and whether one leads', async () => {
    const [leader] = await db.query<{ id: string }>(`
      insert into almanac.workers (name, host, pid, version, concurrency, status, last_heartbeat_at, takes_nothing_since)
      values ('a', 'a', 1, '1', 1, 'active', now(), null), ('b', 'b', 1, '1', 1, 'active', now(), now()),
        ('c', 'c', 1, '1', 1, 'active', now() - interval '1 minute', null), ('d', 'd', 1, '1', 1, 'lost', now(), null)
      returning id`)
    await db.query(
      `insert into almanac_private.leases (name, worker_id, expires_at) values ('ticker', $1, now() + interval '1 minute')`,
      [leader?.id],
    )

    expect((await health()).facts).toMatchObject({ workers: { running: 2, takingJobs: 1 }, leader: true })

    await db.query('delete from almanac.workers')
  })

  it('tells of overdue schedules, of a stop of all, under which none is, and of a copy, with 200', async () => {
    await db.query(`select almanac.schedule_cron('late', '@hourly', 'almanac:noop')`)
    const admin = await db.connect()
    await admin.query(`set almanac.engine to 'on'`)
    await admin.query(
      `update almanac.schedules set next_run_at = now() - interval '1 minute' where name = 'late'`,
    )
    await admin.end()
    expect(await health()).toMatchObject({
      status: 200,
      facts: { overdue: { count: 1, since: expect.any(String) as string } },
    })

    await db.query(`select almanac.pause_all()`)
    expect((await health()).facts).toMatchObject({ isStopped: true, overdue: null })
    await db.query(`select almanac.resume_all()`)

    await db.query(`update almanac_private.place set database_oid = 1, database_name = 'production'`)
    expect(await health()).toMatchObject({
      status: 200,
      facts: { isCopy: true },
    })
    await db.query(`select almanac_private.record_place()`)
    await db.query(`select almanac.unschedule('late')`)
  })

  it('says whether the last check of the ledger is fresh', async () => {
    await db.query('select almanac_private.run_ledger_check()')

    expect((await health()).facts).toMatchObject({ ledger: { isFresh: true, problems: 0 } })
  })
})

describe('the web client', () => {
  let folder: string
  let withClient: TestServer
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'almanac-web-'))
    await mkdir(join(folder, 'web/assets'), { recursive: true })
    await writeFile(join(folder, 'secret.txt'), 'secret')
    await writeFile(join(folder, 'web/index.html'), '<title>Almanac</title>')
    await writeFile(join(folder, 'web/assets/app-1234.js'), 'export {}')
    withClient = await startTestServer(db, { webFolder: join(folder, 'web') })
  })
  afterAll(async () => {
    await withClient.close()
    await rm(folder, { recursive: true })
  })

  it.each(['/', '/calendar/week/2026-11-23?zone=Europe/Paris', '/runs/8817', '/schedules/a%2Fb'])(
    'answers its own route %s with the page, always fresh',
    async (path) => {
      const response = await fetch(withClient.url + path)

      expect(await response.text()).toContain('Almanac')
      expect(response.headers.get('cache-control')).toBe('no-cache')
      expect(response.headers.get('content-security-policy')).toContain("default-src 'self'")
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    },
  )

  it('keeps assets for good', async () => {
    const response = await fetch(`${withClient.url}/assets/app-1234.js`)

    expect(response.headers.get('cache-control')).toContain('immutable')
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  })

  it.each([
    '/assets/gone.js',
    '/favicon.ico',
    '/readyz',
    '/metrics',
    '/health',
    '/calendar/week/2026-11-23/x',
  ])('says in text that there is nothing at %s', async (path) => {
    const response = await fetch(withClient.url + path)

    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  })

  it('shows a person who opens a wrong address the page that says so, with 404', async () => {
    const response = await fetch(`${withClient.url}/nowhere`, {
      headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'if-none-match': '*' },
    })

    expect(response.status).toBe(404)
    expect(await response.text()).toContain('Almanac')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'")
  })

  it.each(['/../secret.txt', '/assets/../../secret.txt', '/..%2fsecret.txt', '/%00', '/%ff', '//secret.txt'])(
    'gives away nothing at %s',
    async (path) => {
      expect(await rawGet(withClient, path)).not.toContain('secret')
    },
  )

  it('takes no POST', async () => {
    expect((await fetch(`${withClient.url}/`, { method: 'POST' })).status).toBe(405)
  })
})

/** `fetch` sets the Host header itself. */
function getAs(
  { url }: TestServer,
  host: string,
  path: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; body: string; cookie: string | undefined }> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    httpRequest({ hostname, port, path, method, headers: { ...headers, host } }, (response) => {
      const { statusCode: status = 0, headers: told } = response
      text(response).then(
        (answer) => resolve({ status, body: answer, cookie: told['set-cookie']?.[0] }),
        reject,
      )
    })
      .on('error', reject)
      .end(body)
  })
}

/** `fetch` would tidy up the path. */
function rawGet({ url }: TestServer, path: string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    httpRequest({ hostname, port, path }, (response) => resolve(text(response)))
      .on('error', reject)
      .end()
  })
}
