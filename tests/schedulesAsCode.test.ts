import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../worker/testing/until.ts'
import { useTestDatabase } from './database/useTestDatabase.ts'

const ROOT = join(import.meta.dirname, '..')

const db = useTestDatabase()
let project: string

/** The example, with Almanac as its package. */
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'almanac-sync-'))
  project = join(folder, 'project')
  await cp(join(ROOT, 'examples/schedules-as-code'), project, { recursive: true })
  // Node strips types only outside of node_modules, where a link does not count as within.
  const almanac = join(folder, 'almanac')
  await mkdir(almanac)
  await writeFile(
    join(almanac, 'package.json'),
    JSON.stringify({ name: 'almanac', type: 'module', exports: { './worker': './worker.ts' } }),
  )
  await writeFile(
    join(almanac, 'worker.ts'),
    `export * from ${JSON.stringify(join(ROOT, 'worker/index.ts'))}\n`,
  )
  await mkdir(join(project, 'node_modules'))
  await symlink(almanac, join(project, 'node_modules/almanac'))
})
afterAll(() => rm(join(project, '..'), { recursive: true, force: true }))

function almanac(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [join(ROOT, 'cli/almanac.mjs'), ...args], {
    cwd: project,
    env: {
      ...process.env,
      ALMANAC_DIRECT_URL: '',
      DATABASE_URL: db.connectionStringFor('owner'),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return { child, output: text(child.stdout), errors: text(child.stderr), ended: once(child, 'exit') }
}
const schedules = () =>
  db.query<{ name: string; status: string }>(
    `select name, status, target, task_group, cron_expression as cron, managed_by as by, managed_version as version
     from almanac.schedules where managed_by is not null order by name`,
  )
const unfinished = async () =>
  Number(
    (await db.query<{ count: string }>('select count(*) from almanac.runs where finished_at is null'))[0]!
      .count,
  )

test('a worker applies the schedules of its code, disabled; switched on they run the tasks in their order', async () => {
  const worker = almanac(['worker'], { ALMANAC_SCHEDULES: 'schedules.ts' })
  try {
    await until('the schedules are applied', async () => (await schedules()).length === 2, 60_000)
    expect(await schedules()).toEqual([
      {
        name: 'daily-full-sync',
        status: 'disabled',
        target: 'all',
        task_group: null,
        cron: '0 2 * * *',
        by: 'sync',
        version: '1.0.0',
      },
      {
        name: 'hourly-matching',
        status: 'disabled',
        target: 'group',
        task_group: 'matching',
        cron: '0 * * * *',
        by: 'sync',
        version: '1.0.0',
      },
    ])

    await db.query(
      `select almanac.resume(name), almanac.trigger_now(name) from almanac.schedules where managed_by = 'sync'`,
    )
    await until('both have ended', async () => (await unfinished()) === 0, 60_000)
  } finally {
    worker.child.kill('SIGTERM')
    await worker.ended
  }

  const parents = await db.query(
    `select schedule_name as name, status, (almanac.runs_roll_up(runs)).succeeded::int from almanac.runs
     where children is not null order by schedule_name`,
  )
  expect(parents).toEqual([
    {
      name: 'daily-full-sync',
      status: 'succeeded',
      succeeded: (await readdir(join(project, 'tasks'))).length,
    },
    { name: 'hourly-matching', status: 'succeeded', succeeded: 4 },
  ])
  const needs = await db.query(
    `select count(*)::int as met, count(*) filter (where r.started_at < n.finished_at)::int as early
     from almanac.runs r cross join lateral unnest(
       (select t.depends_on from almanac.tasks t where t.identifier = r.task_identifier)) needed
     join almanac.runs n on n.parent_id = r.parent_id and n.task_identifier = needed`,
  )
  expect(needs).toEqual([{ met: 27, early: 0 }])
  expect(await db.query('select * from almanac.check_ledger()')).toEqual([])

  const plan = almanac(['plan', '--detailed-exitcode'])
  expect(await plan.ended).toEqual([0, null])
  expect(await plan.output).toContain('2 unchanged. Nothing would change.')
})
