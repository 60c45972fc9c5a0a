import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }
import { until } from '../worker/testing/until.ts'
import { useTestDatabase } from './database/useTestDatabase.ts'
import { blocksOf, pages, type Block } from './documents/blocks.ts'

const ROOT = join(import.meta.dirname, '..')
const TSCONFIG = {
  compilerOptions: {
    target: 'es2024',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
  },
}
const EMBEDDING = `import { migrate, startServer, startWorker, type WorkerSettings } from 'almanac'
export const parts = [migrate, startServer, startWorker]
export type Settings = WorkerSettings
`

const ISOLATED = `import type { RunHelpers, TaskMetadata } from 'almanac/worker'
export const metadata: TaskMetadata = { isolation: { memory: '512 MB' } }
export default async (_payload: unknown, helpers: RunHelpers) => {
  const { rows } = await helpers.query<{ one: number }>('select 1 as one')
  return { ...rows[0], apart: process.ppid }
}
`

/** Blocks of the documents that are files of a project which has the package. */
const isProject = ({ language }: Block) => language === 'ts'

const db = useTestDatabase()
let project: string
let packed: string[]

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'almanac-project-'))
  await run('npm', ['run', 'build:node'], ROOT)
  const { stdout } = await run(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--pack-destination', project],
    ROOT,
  )
  const answer: unknown = JSON.parse(stdout)
  const [tarball] = Object.values(answer as Record<string, { filename: string; files: { path: string }[] }>)
  packed = tarball!.files.map((file) => file.path)

  const [config, task] = blocksOf('README.md').filter(isProject)
  await mkdir(join(project, 'tasks'))
  await write('package.json', JSON.stringify({ name: 'project', private: true, type: 'module' }))
  await write('tsconfig.json', JSON.stringify(TSCONFIG))
  await write('graphile.config.ts', config!.code)
  await write('tasks/hello.ts', task!.code)
  await write('tasks/apart.ts', ISOLATED)
  await write('embedding.ts', EMBEDDING)
  for (const [index, { code }] of pages().slice(1).flatMap(blocksOf).filter(isProject).entries())
    await write(`example${index}.ts`, code)
  const versions = [
    `graphile-worker@${packageJson.peerDependencies['graphile-worker']}`,
    `@types/node@${packageJson.devDependencies['@types/node']}`,
    `zod@${packageJson.devDependencies.zod}`,
  ]
  await run(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball!.filename, ...versions],
    project,
  )
}, 300_000)
afterAll(async () => {
  await rm(project, { recursive: true, force: true })
})

function write(path: string, text: string): Promise<void> {
  return writeFile(join(project, path), text)
}

function run(program: string, args: readonly string[], cwd: string) {
  const npm = Object.fromEntries(
    Object.keys(process.env).flatMap((name) => (/^npm_/i.test(name) ? [[name, undefined]] : [])),
  )
  return promisify(execFile)(program, args, {
    cwd,
    env: { ...process.env, ...npm, DATABASE_URL: db.connectionString },
    maxBuffer: 50_000_000,
  })
}

test('the package has built code, declarations, migrations and the web client, and no sources', () => {
  expect(packed).toEqual(
    expect.arrayContaining([
      'cli/almanac.mjs',
      'dist/node/index.d.ts',
      'dist/node/cli/main.js',
      'dist/node/worker/index.js',
      'dist/node/worker/isolation/child/main.js',
      'dist/web/index.html',
      'sql/migrations/committed/000001-baseline.sql',
    ]),
  )
  expect(packed.filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))).toEqual([])
  expect(packed.filter((path) => /test/.test(path))).toEqual([])
})

test('the types of a project hold with skipLibCheck off', async () => {
  const { stdout } = await run(
    process.execPath,
    [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.'],
    project,
  )

  expect(stdout).toBe('')
}, 120_000)

test('the server says what to install where its packages were left out', async () => {
  const { stderr } = await run(
    process.execPath,
    [
      '--import',
      'data:text/javascript,' + encodeURIComponent(WITHOUT_POSTGRAPHILE),
      bin('almanac'),
      'server',
    ],
    project,
  ).catch((error: unknown) => error as { stderr: string })

  expect(stderr).toContain('npm install --include=optional')
})

test("a schedule's runs are done by Graphile Worker's own command, after migrate", async () => {
  await run(process.execPath, [bin('almanac'), 'migrate'], project)
  await db.query(`select almanac.register_task('hello'), almanac.register_task('apart')`)
  const worker = spawn(process.execPath, [bin('graphile-worker')], {
    cwd: project,
    env: { ...process.env, DATABASE_URL: db.connectionString },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  worker.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  worker.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = once(worker, 'exit')

  await db.query(`select almanac.schedule_every('greeting', '1 second', 'hello', '{"name": "you"}')`)
  await db.query(`select almanac.schedule_every('greeting apart', '1 second', 'apart')`)
  const [task] = await until(
    'a run of each succeeds',
    async () => {
      const runs = await db.query<{ result: unknown }>(
        `select distinct on (schedule_name) result from almanac.runs where status = 'succeeded' order by schedule_name`,
      )
      return (
        runs.length === 2 &&
        (await db.query<{ label: string }>(`select label from almanac.tasks where identifier = 'hello'`))
      )
    },
    60_000,
  ).finally(() => worker.kill('SIGTERM'))
  await ended

  expect(task).toEqual({ label: 'Say hello' })
  expect(
    await db.query(
      `select distinct result from almanac.runs where schedule_name = 'greeting apart' and status = 'succeeded'`,
    ),
  ).toEqual([{ result: { one: 1, apart: worker.pid } }])
  expect(output).toContain('Hello, you')
  expect(await db.query('select * from almanac.check_ledger()')).toEqual([])
})

/** Fails the import of PostGraphile as Node does for a package that is not there. */
const WITHOUT_POSTGRAPHILE = `
import { registerHooks } from 'node:module'
registerHooks({ resolve(specifier, context, next) {
  if (specifier === 'postgraphile') throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
  return next(specifier, context)
} })`

function bin(name: string): string {
  return join(project, 'node_modules', name, name === 'almanac' ? 'cli/almanac.mjs' : 'dist/cli.js')
}
