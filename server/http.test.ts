import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createTestDatabase, type TestDatabase } from '../tests/database/createTestDatabase.ts'
import { createLoginLink } from './auth/loginLink.ts'
import { hashSecret } from './auth/sessions.ts'
import { startServer, type RunningServer } from './main.ts'
import { redeem, signIn, startTestServer } from './testing/client.ts'

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

describe('a sign-in link', () => {
  const newLink = () => createLoginLink({ query: db.query, username: 'admin', baseUrl: server.url })

  it('is spent once', async () => {
    const link = await newLink()

    expect((await redeem(server, link)).status).toBe(200)
    expect((await redeem(server, link)).status).toBe(401)
  })

  it('is worth nothing after 15 minutes', async () => {
    const link = await newLink()
    await db.query(`update almanac_private.login_tokens set expires_at = now() where token_hash = $1`, [
      hashSecret(link.split('=')[1]!),
    ])

    expect((await redeem(server, link)).status).toBe(401)
  })

  it('is not given to a user who is not there or disabled', async () => {
    await db.query(`insert into almanac.users (username, disabled_at) values ('gone', now())`)

    for (const username of ['nobody', 'gone']) {
      await expect(createLoginLink({ query: db.query, username, baseUrl: '' })).rejects.toMatchObject({
        code: 'AL014',
      })
    }
  })

  it('gives a cookie that scripts and other sites cannot use', async () => {
    expect((await redeem(server, await newLink())).headers.get('set-cookie')).toMatch(
      /; HttpOnly; SameSite=Strict;/,
    )
  })

  it('leaves nothing in the database that signs in', async () => {
    const link = await newLink()
    const [row] = await db.query<{ text: string }>(
      `select string_agg(t::text, ' ') as text from almanac_private.login_tokens t`,
    )

    expect(row!.text).not.toContain(link.split('=')[1])
  })
})

describe('a session', () => {
  it('says who is signed in until it is ended', async () => {
    const { cookie } = await signIn(db, server, 'operator')
    const session = () => fetch(`${server.url}/auth/session`, { headers: { cookie } })

    expect(await (await session()).json()).toMatchObject({
      user: { username: 'test_operator', role: 'operator' },
    })
    await fetch(`${server.url}/auth/logout`, { method: 'POST', headers: { cookie } })
    expect((await session()).status).toBe(401)
  })

  it('ends when its user is disabled', async () => {
    const { cookie } = await signIn(db, server, 'viewer')

    await db.query(`update almanac.users set disabled_at = now() where username = 'test_viewer'`)

    expect((await fetch(`${server.url}/auth/session`, { headers: { cookie } })).status).toBe(401)
    await db.query(`update almanac.users set disabled_at = null where username = 'test_viewer'`)
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
  })

  it('gets no socket', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, ['graphql-transport-ws'])

    await expect(
      new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject)),
    ).rejects.toThrow('401')
  })
})

describe('a page of another origin', () => {
  it('changes nothing, even with the cookie', async () => {
    const { cookie } = await signIn(db, server, 'admin')
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie, origin: 'https://evil.example' },
      body: '{"query": "{ __typename }"}',
    })

    expect(response.status).toBe(403)
  })

  it('gets no socket', async () => {
    const { cookie } = await signIn(db, server, 'admin')
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, ['graphql-transport-ws'], {
      headers: { cookie, origin: 'https://evil.example' },
    })

    await expect(
      new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject)),
    ).rejects.toThrow('401')
  })
})

it('/healthz asks the database', async () => {
  expect(await (await fetch(`${server.url}/healthz`)).text()).toBe('ok\n')
})

describe('the web client', () => {
  let folder: string
  let withClient: RunningServer
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'almanac-web-'))
    await mkdir(join(folder, 'assets'))
    await writeFile(join(folder, 'index.html'), '<title>Almanac</title>')
    await writeFile(join(folder, 'assets/app-1234.js'), 'export {}')
    const connectionString = db.connectionStringFor('server')
    withClient = await startServer({
      connectionString,
      directUrl: connectionString,
      host: '127.0.0.1',
      port: 0,
      log: () => undefined,
      webFolder: folder,
    })
  })
  afterAll(async () => {
    await withClient.close()
    await rm(folder, { recursive: true })
  })

  it.each(['/', '/calendar/week/2026-11-23?zone=Europe/Paris', '/runs/8817'])(
    'answers its own route %s with the page, always fresh',
    async (path) => {
      const response = await fetch(withClient.url + path)

      expect(await response.text()).toContain('Almanac')
      expect(response.headers.get('cache-control')).toBe('no-cache')
      expect(response.headers.get('content-security-policy')).toContain("default-src 'self'")
    },
  )

  it('keeps assets for good', async () => {
    expect((await fetch(`${withClient.url}/assets/app-1234.js`)).headers.get('cache-control')).toContain(
      'immutable',
    )
  })

  it.each(['/assets/gone.js', '/../../package.json', '/..%2f..%2fpackage.json', '/%00'])(
    'has nothing at %s',
    async (path) => {
      const response = await fetch(withClient.url + path)

      expect(await response.text()).not.toContain('devDependencies')
    },
  )
})
