import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const SOURCES = ['web', 'vite.config.ts', 'scripts/precompress.ts', 'package-lock.json']

/** Builds the web client into `dist/web` when it is missing, or older than what it is built from. */
export async function buildWebClient(root: string, log: (message: string) => void): Promise<void> {
  const target = join(root, 'dist/web')
  const built = await stat(join(target, 'index.html')).catch(() => null)
  const vite = findVite(root)
  if (!(await stat(join(root, 'web/index.html')).catch(() => null)) || !vite) {
    if (built) return
    throw new Error(
      'The web client is not built and cannot be built here. Run "npm ci --include=dev" and then "npm run build".',
    )
  }
  if (built && built.mtimeMs >= (await newest(SOURCES.map((source) => join(root, source))))) return

  log('Building the web client')
  const draft = join(root, `dist/web.${process.pid}`)
  try {
    await build(vite, root, draft)
    await rm(target, { recursive: true, force: true })
    await rename(draft, target).catch((error: NodeJS.ErrnoException) => {
      // Another command has just put its own there.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

async function build(vite: string, root: string, outDir: string): Promise<void> {
  const child = spawn(
    process.execPath,
    [vite, 'build', '--outDir', outDir, '--emptyOutDir', '--logLevel', 'warn'],
    {
      cwd: root,
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`The web client could not be built:\n${output.trimEnd()}`)
}

function findVite(root: string): string | null {
  try {
    return join(
      dirname(createRequire(join(root, 'package.json')).resolve('vite/package.json')),
      'bin/vite.js',
    )
  } catch {
    return null
  }
}

async function newest(paths: readonly string[]): Promise<number> {
  const times = await Promise.all(
    paths.map(async (path) => {
      const found = await stat(path).catch(() => null)
      if (!found) return 0
      if (!found.isDirectory()) return found.mtimeMs
      const names = await readdir(path)
      return Math.max(found.mtimeMs, await newest(names.map((name) => join(path, name))))
    }),
  )
  return Math.max(0, ...times)
}
