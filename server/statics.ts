import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, normalize, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { isPage } from '../shared/paths.ts'
import { ENCODINGS, encodingFor, ENDINGS } from './encoding.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.map': 'application/json',
}

interface Found {
  readonly path: string
  readonly size: number
  /** Another one once the file is replaced, also where a package gives all files the same date. */
  readonly changedMs: number
}

/**
 * Serves the built web client: its files, compressed where the build compressed them and the browser takes that, and at the
 * addresses of its pages the one document that shows them, with 404 at any other that a browser opens. Always whole: a part (`Range`) is of no use for these files.
 */
export function createStatics(folder: string) {
  const tagOf = createTags()

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
      return
    }
    const path = pathOf(request.url)
    const isOfClient = isPage(path)
    const own = await findFile(folder, isOfClient ? '/index.html' : path)
    // A person who followed a wrong address is told so by the client, which has a way on.
    const isForPerson = own === undefined && request.headers.accept?.includes('text/html') === true
    const found = isForPerson ? await findFile(folder, '/index.html') : own
    if (!found) {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' })
      response.end(isOfClient ? 'The web client is not built. Run "npm run build".\n' : 'Not found.\n')
      return
    }
    const compressed = await findCompressed(found.path)
    const encoding = encodingFor(request.headers, [...compressed.keys()])
    const sent = (encoding && compressed.get(encoding)) ?? found
    const etag = await tagOf(sent)
    response.setHeader('etag', etag)
    if (compressed.size > 0) response.setHeader('vary', 'Accept-Encoding')
    // Vite puts a hash into the names of assets; the page itself must always be fresh.
    const isHashed = found.path.includes(`${sep}assets${sep}`)
    response.setHeader('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    if (!isForPerson && isAmong(etag, request.headers['if-none-match'])) {
      response.writeHead(304).end()
      return
    }
    response.writeHead(isForPerson ? 404 : 200, {
      'accept-ranges': 'none',
      'content-type': TYPES[extname(found.path)] ?? 'application/octet-stream',
      'content-length': sent.size,
      ...(encoding && { 'content-encoding': encoding }),
    })
    if (request.method === 'HEAD') response.end()
    else await pipeline(createReadStream(sent.path), response).catch(() => response.destroy())
  }
}

function pathOf(url: string | undefined): string {
  return (url ?? '/').split(/[?#]/)[0] ?? '/'
}

async function findFile(folder: string, address: string): Promise<Found | undefined> {
  let path: string
  try {
    path = normalize(join(folder, decodeURIComponent(address)))
  } catch {
    return undefined
  }
  if (path.includes('\0') || !path.startsWith(folder + sep)) return undefined
  return await lookAt(path)
}

/** What the build put next to a file. */
async function findCompressed(path: string) {
  const found = await Promise.all(
    ENCODINGS.map(async (encoding) => [encoding, await lookAt(path + ENDINGS[encoding])] as const),
  )
  return new Map(found.flatMap(([encoding, file]) => (file ? [[encoding, file] as const] : [])))
}

async function lookAt(path: string): Promise<Found | undefined> {
  const stats = await stat(path).catch(() => undefined)
  return stats?.isFile() ? { path, size: stats.size, changedMs: stats.ctimeMs } : undefined
}

/** Entity tags, by what files contain, so that servers of one build give the same. */
function createTags(): (file: Found) => Promise<string> {
  const known = new Map<string, { readonly changedMs: number; readonly tag: string }>()
  return async ({ path, changedMs }) => {
    const before = known.get(path)
    if (before?.changedMs === changedMs) return before.tag
    const hash = createHash('sha256').update(await readFile(path))
    const tag = `"${hash.digest('base64url').slice(0, 22)}"`
    known.set(path, { changedMs, tag })
    return tag
  }
}

function isAmong(tag: string, header: string | undefined): boolean {
  return header !== undefined && header.split(',').some((one) => one.trim().replace(/^W\//, '') === tag)
}
