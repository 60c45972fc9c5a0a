import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, normalize, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { isPage } from '../shared/paths.ts'

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

/** Serves the built web client: its files, and at the addresses of its pages the one document that shows them. */
export function createStatics(folder: string) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
      return
    }
    const path = pathOf(request.url)
    const isOfClient = isPage(path)
    const found = await findFile(folder, isOfClient ? '/index.html' : path)
    if (!found) {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' })
      response.end(isOfClient ? 'The web client is not built. Run "npm run build".\n' : 'Not found.\n')
      return
    }
    response.writeHead(200, {
      'content-type': TYPES[extname(found.path)] ?? 'application/octet-stream',
      'content-length': found.size,
      // Vite puts a hash into the names of assets; the page itself must always be fresh.
      'cache-control': found.path.includes(`${sep}assets${sep}`)
        ? 'public, max-age=31536000, immutable'
        : 'no-cache',
    })
    if (request.method === 'HEAD') response.end()
    else await pipeline(createReadStream(found.path), response).catch(() => response.destroy())
  }
}

function pathOf(url: string | undefined): string {
  return (url ?? '/').split(/[?#]/)[0] ?? '/'
}

async function findFile(
  folder: string,
  address: string,
): Promise<{ path: string; size: number } | undefined> {
  let path: string
  try {
    path = normalize(join(folder, decodeURIComponent(address)))
  } catch {
    return undefined
  }
  if (path.includes('\0') || !path.startsWith(folder + sep)) return undefined
  const stats = await stat(path).catch(() => undefined)
  return stats?.isFile() ? { path, size: stats.size } : undefined
}
