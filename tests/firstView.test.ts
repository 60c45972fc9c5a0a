import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

interface Chunk {
  readonly file: string
  readonly imports?: readonly string[]
  readonly css?: readonly string[]
}

const ROOT = join(import.meta.dirname, '..')
/** Of 250 with the answers of a busy week, which take 40. Code that it does without is for `later`. */
const MOST_BYTES = 234_000

let folder: string
let files: readonly string[]
let manifest: Readonly<Record<string, Chunk>>
beforeAll(async () => {
  // React decides by it which of its builds it is.
  vi.stubEnv('NODE_ENV', 'production')
  folder = await mkdtemp(join(tmpdir(), 'almanac-first-view-'))
  await build({
    configFile: join(ROOT, 'vite.config.ts'),
    mode: 'production',
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true, manifest: 'manifest.json' },
  })
  files = await readdir(join(folder, 'assets'))
  manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as typeof manifest
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

test(`the first view loads scripts and styles of at most ${MOST_BYTES / 1_000} kB, compressed by gzip`, async () => {
  // Browsers that have no Temporal of their own load one as well.
  const sizes = await Promise.all(['index.html', ...firstView()].map(sentBytes))

  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(MOST_BYTES)
})

test('a page is a file of its own, and none is loaded with the first view', () => {
  const pages = Object.entries(manifest).filter(([source]) => source.endsWith('Page.tsx'))

  expect(pages.map(([, { file }]) => nameOf(file))).toEqual(
    pages.map(([source]) => basename(source).replace('.tsx', '.js')),
  )
  expect(pages.map(([, { file }]) => file).filter((file) => firstView().includes(file))).toEqual([])
  expect(pages.length).toBeGreaterThan(8)
})

test('what the first view loads is named for what it holds', () => {
  expect(firstView().map(nameOf).sort()).toEqual(
    [
      'calendar.css',
      'calendar.js',
      'graphql.js',
      'index.js',
      'mantine.css',
      'mantine.js',
      'react.js',
      'rolldown-runtime.js',
      'router.js',
    ].sort(),
  )
})

test('each script and style of some size is there compressed, too', async () => {
  const texts = files.filter((file) => /\.(js|css)$/.test(file))
  expect(texts).not.toEqual([])

  for (const text of texts) {
    const { size } = await stat(join(folder, 'assets', text))
    if (size < 1_000) continue
    for (const ending of ['.br', '.gz'])
      expect((await stat(join(folder, 'assets', text + ending))).size).toBeLessThan(size)
  }
})

test('components of Mantine have their styles', async () => {
  const classes = async (ending: RegExp) => {
    const texts = files.filter((file) => ending.test(file)).map((file) => read(join(folder, 'assets', file)))
    return new Set((await Promise.all(texts)).join('\n').match(/\bm_[0-9a-f]{6,8}\b/g))
  }
  const known = new Set(
    (await read(join(ROOT, 'node_modules/@mantine/core/styles.css'))).match(/\bm_[0-9a-f]{6,8}\b/g),
  )

  const styled = await classes(/\.css$/)
  const used = [...(await classes(/\.js$/))].filter((name) => known.has(name))

  expect(used).not.toEqual([])
  expect(used.filter((name) => !styled.has(name))).toEqual([])
})

/** The files that come with the page itself: scripts, their styles, and those of what they import. */
function firstView(): string[] {
  const seen = new Set<string>()
  const found = new Set<string>()
  const visit = (name: string): void => {
    const chunk = manifest[name]
    if (!chunk) throw new Error(`The build has no ${name}.`)
    if (seen.has(name)) return
    seen.add(name)
    for (const file of [chunk.file, ...(chunk.css ?? [])]) found.add(file)
    for (const other of chunk.imports ?? []) visit(other)
  }
  visit('index.html')
  return [...found]
}

/** A file's name without the hash of its content. */
function nameOf(file: string): string {
  return basename(file).replace(/-[\w-]{8}\./, '.')
}

/** What the build compressed it to, or else its size. */
async function sentBytes(file: string): Promise<number> {
  const path = join(folder, file)
  return (await stat(`${path}.gz`).catch(() => stat(path))).size
}

function read(path: string): Promise<string> {
  return readFile(path, 'utf8')
}
