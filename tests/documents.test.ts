import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { blocksOf, pages, statementsIn, type Block } from './documents/blocks.ts'
import { createReader, type Reader } from './documents/reader.ts'
import { runAlmanac, until, type Almanac } from './start/almanac.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const isRun = ({ notRun }: Block) => notRun === null
const isSql = (block: Block) => isRun(block) && block.language === 'sql'

/** Of docs/task-groups.md, as its worker has them. */
const TASKS = {
  load_customers: { group: 'loading' },
  load_orders: { group: 'loading' },
  match: { group: 'matching', dependsOn: ['load_customers', 'load_orders'] },
  score: { group: 'matching', dependsOn: ['match'] },
}

let folder: string
let almanac: Almanac
let databaseUrl: string
let reader: Reader
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'almanac-documents-'))
  await chmod(folder, 0o711)
  const dataDir = join(folder, 'data')
  const tasks = join(folder, 'tasks')
  await cp(join(import.meta.dirname, '../tasks'), tasks, { recursive: true })
  for (const [name, metadata] of Object.entries(TASKS))
    await writeFile(
      join(tasks, `${name}.mjs`),
      `export const metadata = ${JSON.stringify(metadata)}\nexport default () => undefined\n`,
    )
  almanac = runAlmanac({ dataDir, environment: { ALMANAC_TASKS_DIR: tasks } })
  const [, link] = await almanac.printed(/Web: +(\S+)/)
  ;[databaseUrl] = /postgres:\/\/\S+/.exec(almanac.output())!
  reader = await createReader({ dataDir, databaseUrl, link: link! })
})
afterAll(async () => {
  almanac.process.kill('SIGTERM')
  await almanac.ended
  await rm(folder, { recursive: true, force: true })
})

test('every fenced block is run here, or its fence says where it is', () => {
  const blocks = pages().flatMap(blocksOf)

  expect(blocks.filter((block) => isRun(block) && !(block.language in reader))).toEqual([])
  const elsewhere = blocks.filter((block) => !isRun(block)).map(({ page, notRun }) => `${page}: ${notRun}`)
  expect(elsewhere.sort()).toEqual([
    'README.md: runs all that is tested, this page too',
    'README.md: tests/package.test.ts compiles and runs it',
    'README.md: tests/package.test.ts compiles and runs it',
    'README.md: tests/package.test.ts runs it',
    'README.md: tests/start.test.ts runs it',
    'docs/hosts.md: tests/package.test.ts compiles it',
    'docs/operations.md: cli/upgrade.test.ts runs it',
    'docs/operations.md: it is a unit of systemd',
    'docs/operations.md: server/availability.test.ts asks /healthz',
    'docs/operations.md: sql/tests/place.test.ts adopts copies',
    'docs/operations.md: tests/documents.test.ts fills in the passwords',
    'docs/operations.md: tests/troubles/copy.test.ts adopts copies',
    'docs/operations.md: tests/troubles/definitions.test.ts takes these steps',
    'docs/operations.md: tests/troubles/restore.test.ts takes these steps',
    'docs/payloads.md: sql/tests/payloads.test.ts has the same refused',
    'docs/payloads.md: worker/defineTask.test.ts defines such a task',
    'docs/payloads.md: worker/registry.test.ts announces one',
    'docs/retention.md: worker/tasks/archive.test.ts reads its file so',
    'docs/runs.md: worker/logs/logs.test.ts reports so',
    'docs/schedules-as-code.md: cli/schedulesInCode.test.ts runs them',
    'docs/schedules-as-code.md: worker/code/defineSchedules.test.ts defines such schedules, and its types',
    'docs/schedules-as-code.md: worker/code/readSchedules.test.ts reads such files',
    'docs/task-groups.md: worker/runs/steps.test.ts has both; here are tasks that need a payload of their own',
    'docs/task-groups.md: worker/runs/steps.test.ts runs twenty such tasks',
    'docs/tasks.md: worker/isolation/isolated.test.ts runs one with such a file',
    'docs/tasks.md: worker/isolation/isolated.test.ts runs such files',
    'docs/tasks.md: worker/registry.test.ts throws one',
    'docs/tasks.md: worker/tasks/email/settings.test.ts reads them',
    'docs/tasks.md: worker/tasks/http/settings.test.ts reads them',
    'docs/tasks.md: worker/tasks/http/settings.test.ts reads them',
  ])
})

describe('on a fresh database, as npm start makes it', () => {
  test.each(pages().filter((page) => blocksOf(page).some(isSql)))(
    'the SQL of %s runs by itself',
    async (page) => {
      const code = blocksOf(page)
        .filter(isSql)
        .map((block) => block.code)

      await reader.sql(['begin;', ...code, 'rollback;'].join('\n'))
    },
  )

  test.each(pages().flatMap(blocksOf).filter(isRun))('$place runs as written, after all before it', (block) =>
    reader[block.language as keyof Reader](block.code),
  )

  test('statements within the text run too', async () => {
    const statements = pages().flatMap(statementsIn)
    const client = new Client({ connectionString: databaseUrl })
    await client.connect()
    await client.query('begin; create role alice; create role bob; create role almanac_owner')

    const failed: string[] = []
    for (const statement of statements) {
      await client.query(`savepoint before`)
      await client.query(statement).catch(async () => {
        failed.push(statement)
        await client.query('rollback to savepoint before')
      })
    }
    await client.end()

    expect(statements.length).toBeGreaterThan(15)
    expect(failed).toEqual([
      // What the text says is refused, and what is for copies only.
      'delete from almanac.schedules',
      `select almanac.adopt('skip')`,
    ])
  })

  test('every run that was asked for succeeds', async () => {
    const runs = (condition: string) =>
      query(databaseUrl, `select schedule_name, status, error from almanac.runs where ${condition}`)

    // Also after all that the documents take away from everyone.
    await query(databaseUrl, `select almanac.trigger_now('best-customers')`)
    await until('all have finished', async () => (await runs('finished_at is null')).length === 0)

    // Those that have begun since are of the examples that run each minute.
    expect(await runs(`finished_at is not null and status not in ('succeeded', 'skipped')`)).toEqual([])
  })
})

test('the production set-up of docs/operations.md works, with passwords filled in', async () => {
  const url = Object.assign(new URL(databaseUrl), { pathname: '/production' })
  const [block] = blocksOf('docs/operations.md').filter(({ notRun }) => notRun?.includes('fills in'))
  const [migrate, parts] = block!.code
    .replace('almanac:…@', `almanac:${url.password}@`)
    .replaceAll('…', 'secret')
    .replaceAll('@db/almanac', `@${url.host}/production`)
    // What the working tree has not committed belongs to it.
    .replace('almanac migrate', 'almanac migrate --current')
    .split('\n\n')
  await query(databaseUrl, 'create database production')

  await reader.sh(migrate!)
  const [server, worker] = parts!.trim().split('\n').map(inBackground)
  const [, address] = await server!.printed(/listening at (\S+),/)
  await query(
    url.href,
    `select almanac.schedule_at('who', now() + interval '2 seconds', 'almanac:sql', '{"statement": "select session_user"}')`,
  )
  const link = runAlmanac({
    dataDir: folder,
    args: ['login-link'],
    environment: { DATABASE_URL: url.href },
  })

  await until('the run succeeds', async () => {
    const [run] = await query(url.href, `select status from almanac.runs where schedule_name = 'who'`)
    return run?.['status'] === 'succeeded'
  })
  expect(
    await query(
      url.href,
      `select result #>> '{rows,0,session_user}' = almanac.sql_login() as is_its_login
       from almanac.runs where schedule_name = 'who'`,
    ),
  ).toEqual([{ is_its_login: true }])
  expect(await link.ended).toBe(0)
  expect(link.output()).toContain(`${address}/sign-in#`)
  expect(worker!.output()).not.toMatch(/error|warning/i)
})

/** Runs a line of a document, which runs until the test is over. */
function inBackground(line: string): Almanac {
  const running = runAlmanac({ dataDir: folder, program: ['sh', '-c', line] })
  onTestFinished(async () => {
    process.kill(-running.process.pid!, 'SIGTERM')
    await running.ended
  })
  return running
}

async function query(connectionString: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}
