import { request as httpRequest } from 'node:http'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { startTestServer, type TestServer } from './testing/client.ts'

const db = useTestDatabase()

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

/** `fetch` would tidy up the path. */
function rawGet({ url }: TestServer, path: string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    httpRequest({ hostname, port, path }, (response) => resolve(text(response)))
      .on('error', reject)
      .end()
  })
}
