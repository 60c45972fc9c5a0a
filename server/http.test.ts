import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { hashSecret } from './auth/sessions.ts'
import { newLink, openSocket, redeem, signIn, startTestServer, type TestServer } from './testing/client.ts'

const db = useTestDatabase()
let server: TestServer
beforeAll(async () => {
  server = await startTestServer(db)
})
afterAll(async () => {
  await server.close()
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

    await expect(newLink(db, server, 'unknown')).rejects.toMatchObject({
      code: 'AL014',
      hint: `An admin can create the user: insert into almanac.users (username, role) values ('unknown', 'operator').`,
    })
    await expect(newLink(db, server, 'gone')).rejects.toMatchObject({
      code: 'AL014',
      detail: expect.stringMatching(/^Disabled since [^.]*:\d\d \(UTC\)\.$/) as string,
      hint: `An admin can allow it again: update almanac.users set disabled_at = null where username = 'gone'.`,
    })
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
  ])('is not %s', async (host) => {
    const named = await startTestServer(db, { publicUrl: 'https://almanac.example.com', hosts: ['inside'] })

    expect((await getAs(named, host, '/auth/session')).status).toBe(401)
    await named.close()
  })

  it('may ask for /healthz, as monitoring does', async () => {
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
