import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { runAlmanac } from '../tests/start/almanac.ts'
import { until } from '../worker/testing/until.ts'

const db = useTestDatabase()
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'almanac-tasks-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

test('a task, and a program that it starts, find no way to log in in their environment', async () => {
  await writeFile(
    join(folder, 'environment.mjs'),
    `import { execFileSync } from 'node:child_process'
     export default () => [process.env, execFileSync('env', { encoding: 'utf8' })]`,
  )
  const url = new URL(db.connectionStringFor('worker'))
  const { password } = url
  url.password = ''
  const worker = runAlmanac({
    dataDir: folder,
    args: ['worker'],
    environment: {
      DATABASE_URL: url.href,
      PGPASSWORD: password,
      ALMANAC_SERVER_URL: db.connectionStringFor('server'),
      ALMANAC_SQL_URL: db.connectionStringFor('plain'),
      ALMANAC_TASKS_DIR: folder,
    },
  })
  try {
    await until('the worker has the task', async () => {
      const found = await db.query(`select from almanac.tasks where identifier = 'environment' and available`)
      return found.length === 1
    })
    await db.query(`select almanac.schedule_at('look', now() + interval '1 hour', 'environment')`)
    await db.query(`select almanac.trigger_now('look')`)
    await db.query(
      `select almanac.schedule_at('sql', now() + interval '1 hour', 'almanac:sql', '{"statement": "select 1"}')`,
    )
    await db.query(`select almanac.trigger_now('sql')`)

    await until('both have run', async () => {
      const runs = await db.query(`select from almanac.runs where status = 'succeeded'`)
      return runs.length === 2
    })
    const [look] = await db.query<{ result: unknown }>(
      `select result from almanac.runs where schedule_name = 'look'`,
    )
    expect(JSON.stringify(look!.result)).toContain('ALMANAC_TASKS_DIR')
    expect(JSON.stringify(look!.result)).not.toContain(password)
  } finally {
    worker.process.kill('SIGTERM')
    await worker.ended
  }
})
