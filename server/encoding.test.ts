import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { encodingFor } from './encoding.ts'
import { signIn, startTestServer, type TestServer } from './testing/client.ts'

const SCRIPT = `export const text = '${'almanac '.repeat(500)}'`
const PAGE = `<title>Almanac</title>${' '.repeat(2_000)}`

const db = useTestDatabase()
let folder: string
let server: TestServer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'almanac-web-'))
  await mkdir(join(folder, 'web/assets'), { recursive: true })
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await writeFile(join(folder, 'secret.txt.br'), brotliCompressSync('secret'))
  await writeFile(join(folder, 'web/assets/small-1234.js'), 'export {}')
  for (const [path, content] of [
    ['web/index.html', PAGE],
    ['web/assets/app-1234.js', SCRIPT],
  ] as const) {
    await writeFile(join(folder, path), content)
    await writeFile(join(folder, `${path}.br`), brotliCompressSync(content))
    await writeFile(join(folder, `${path}.gz`), gzipSync(content))
  }
  server = await startTestServer(db, { webFolder: join(folder, 'web') })
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

describe('the encoding of an answer', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0, gzip;q=0.000', undefined],
    ['*', 'br'],
    ['*;q=0', undefined],
    ['br;q=0, *', 'gzip'],
    ['identity', undefined],
    ['identity;q=1, br;q=0.5', undefined],
    ['identity;q=0.5, gzip;q=0.5', 'gzip'],
    ['identity;q=0, gzip', 'gzip'],
    ['br;q=x, gzip;q=0.1', 'gzip'],
    ['br;q=7', undefined],
    ['brotli, x', undefined],
  ])('for %j is %j', (accepted, encoding) => {
    expect(encodingFor({ 'accept-encoding': accepted })).toBe(encoding)
  })

  it('is not used where the client forbids a change on the way', () => {
    expect(
      encodingFor({ 'accept-encoding': 'br', 'cache-control': 'max-age=0, no-transform' }),
    ).toBeUndefined()
  })
})

describe('a file of the web client', () => {
  it.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const)('is sent as the build compressed it: %s', async (encoding, expand) => {
    const { headers, body } = await send('/assets/app-1234.js', { 'accept-encoding': encoding })

    expect(headers).toMatchObject({
      'content-encoding': encoding,
      'content-length': String(body.length),
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
    })
    expect(body.length).toBeLessThan(SCRIPT.length / 2)
    expect(expand(body).toString()).toBe(SCRIPT)
  })

  it('is sent as it is to who takes nothing else, and caches keep the three apart', async () => {
    const answers = await Promise.all(
      ['identity', 'gzip', 'br'].map((encoding) =>
        send('/assets/app-1234.js', { 'accept-encoding': encoding }),
      ),
    )

    expect(answers[0]?.body.toString()).toBe(SCRIPT)
    expect(answers[0]?.headers).not.toHaveProperty('content-encoding')
    expect(answers.map(({ headers }) => headers.vary)).toEqual(Array(3).fill('Accept-Encoding'))
    expect(new Set(answers.map(({ headers }) => headers.etag)).size).toBe(3)
  })

  it('is sent as it is where the build did not compress it', async () => {
    const { headers, body } = await send('/assets/small-1234.js', { 'accept-encoding': 'br' })

    expect(body.toString()).toBe('export {}')
    expect(headers).not.toHaveProperty('content-encoding')
  })

  it('is told of by HEAD as by GET', async () => {
    const asked = { 'accept-encoding': 'br' }
    const [get, head] = await Promise.all([
      send('/assets/app-1234.js', asked),
      send('/assets/app-1234.js', asked, { method: 'HEAD' }),
    ])

    expect(head.body).toHaveLength(0)
    for (const name of ['content-length', 'content-encoding', 'etag', 'vary', 'cache-control'])
      expect(head.headers[name]).toBe(get.headers[name])
  })

  it('comes whole to who asks for a part, which a server may do', async () => {
    const { status, headers, body } = await send('/assets/app-1234.js', { range: 'bytes=0-3' })

    expect(status).toBe(200)
    expect(headers).not.toHaveProperty('content-range')
    expect(headers['accept-ranges']).toBe('none')
    expect(body.toString()).toBe(SCRIPT)
  })

  it('is not sent again to a client that has it in this encoding', async () => {
    const br = await send('/', { 'accept-encoding': 'br' })
    const etag = br.headers.etag!

    const again = await send('/', { 'accept-encoding': 'br', 'if-none-match': `"x", W/${etag}` })
    const other = await send('/', { 'accept-encoding': 'gzip', 'if-none-match': etag })

    expect(br.headers['cache-control']).toBe('no-cache')
    expect(again).toMatchObject({ status: 304, headers: { etag, vary: 'Accept-Encoding' } })
    expect(again.body).toHaveLength(0)
    expect(other.status).toBe(200)
    expect(gunzipSync(other.body).toString()).toBe(PAGE)
  })

  it.each(['/../secret.txt', '/..%2fsecret.txt', '/assets/../../secret.txt', '/../secret.txt.br'])(
    'is not taken from another folder, compressed or not: %s',
    async (path) => {
      expect((await send(path, { 'accept-encoding': 'br' })).status).toBe(404)
    },
  )
})

describe('an answer over GraphQL', () => {
  const LONG = `{ __type(name: "Schedule") { fields { name description type { name kind } } } }`
  const ask = async (query: string, headers: Record<string, string>) => {
    const { cookie } = await signIn(db, server, 'viewer')
    return send(
      '/graphql',
      { 'content-type': 'application/json', cookie, ...headers },
      { method: 'POST', body: JSON.stringify({ query }) },
    )
  }

  it.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const)('is compressed: %s', async (encoding, expand) => {
    const plain = await ask(LONG, {})
    const { headers, body } = await ask(LONG, { 'accept-encoding': encoding })

    expect(headers).toMatchObject({
      'content-encoding': encoding,
      'content-length': String(body.length),
      vary: 'Accept-Encoding',
    })
    expect(body.length).toBeLessThan(plain.body.length / 3)
    expect(expand(body).toString()).toBe(plain.body.toString())
    expect(plain.headers).not.toHaveProperty('content-encoding')
    expect(plain.headers.vary).toBe('Accept-Encoding')
  })

  it('is not where it is short', async () => {
    const { headers, body } = await ask('{ __typename }', { 'accept-encoding': 'br' })

    expect(headers).not.toHaveProperty('content-encoding')
    expect(JSON.parse(body.toString())).toEqual({ data: { __typename: 'Query' } })
  })

  it('is not where the client forbids it', async () => {
    const { headers } = await ask(LONG, { 'accept-encoding': 'br', 'cache-control': 'no-transform' })

    expect(headers).not.toHaveProperty('content-encoding')
  })
})

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** `fetch` would expand what is compressed, and tidy up the path. */
function send(
  path: string,
  headers: Record<string, string>,
  { method = 'GET', body }: { method?: string; body?: string } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    httpRequest({ hostname, port, path, method, headers }, (response) => {
      buffer(response).then(
        (bytes) => resolve({ status: response.statusCode, headers: response.headers, body: bytes }),
        reject,
      )
    })
      .on('error', reject)
      .end(body)
  })
}
