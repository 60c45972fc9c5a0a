import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../worker/testing/until.ts'
import { useTestDatabase } from './database/useTestDatabase.ts'

const ROOT = join(import.meta.dirname, '..')

const db = useTestDatabase()
let project: string

/** The example, with Graphile Worker and Almanac as its packages. */
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'almanac-example-'))
  project = join(folder, 'project')
  await cp(join(ROOT, 'examples/graphile-worker'), project, { recursive: true })
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
  await symlink(join(ROOT, 'node_modules/graphile-worker'), join(project, 'node_modules/graphile-worker'))
})
afterAll(() => rm(join(project, '..'), { recursive: true, force: true }))

test("an application's tasks, jobs and crontab work as before, are shown, and serve schedules too", async () => {
  await db.query(`
    insert into graphile_worker._private_known_crontabs (identifier, known_since)
      values ('nightly_digest', now() - interval '3 days');
    select graphile_worker.add_job('resize_image', '{"image": 7}', max_attempts => 1, job_key => 'image:7');
    select graphile_worker.add_job('send_digest', '{"audience": "Ann"}', run_at => now() + interval '1 day');
    select almanac.register_task('send_digest');
    select almanac.schedule_every('digest', '1 day', 'send_digest', '{"audience": "admins"}'), almanac.trigger_now('digest')`)

  const worker = spawn(process.execPath, [join(project, 'node_modules/graphile-worker/dist/cli.js')], {
    cwd: project,
    env: { ...process.env, DATABASE_URL: db.connectionStringFor('worker') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  worker.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  worker.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = once(worker, 'exit')
  const jobs = () =>
    db.query(
      `select task_identifier as task, state, key, attempts, last_error from almanac.host_jobs() where state <> 'locked'`,
    )
  const crontab = () =>
    db.query(
      `select identifier, task_identifier as task, rule, workers, queue_name, max_attempts, backfill::text,
         extract(hour from last_execution at time zone 'UTC')::int as last_hour,
         next_at - interval '1 day' = last_execution as next_is_a_day_later
       from almanac.host_crontab()`,
    )
  const runs = () => db.query('select status, result from almanac.runs')
  try {
    await until(
      'everything is done',
      async () => {
        const [[item], [run], left] = [await crontab(), await runs(), await jobs()]
        return item?.['workers'] === 1 && run?.['status'] === 'succeeded' && left.length === 2
      },
      60_000,
    ).catch((error: Error) => {
      throw new Error(`${error.message}\n${output}`)
    })

    expect(await runs()).toEqual([{ status: 'succeeded', result: { sentTo: 'admins' } }])
    expect(await jobs()).toEqual([
      { task: 'send_digest', state: 'scheduled', key: null, attempts: 0, last_error: null },
      {
        task: 'resize_image',
        state: 'failed',
        key: 'image:7',
        attempts: 1,
        last_error: 'There is no image 7',
      },
    ])
    expect(await crontab()).toEqual([
      {
        identifier: 'nightly_digest',
        task: 'send_digest',
        rule: '0 3 * * *',
        workers: 1,
        queue_name: 'mail',
        max_attempts: 5,
        backfill: '24:00:00',
        last_hour: 3,
        next_is_a_day_later: true,
      },
    ])
    expect(output).toContain('Digest for everyone')
  } finally {
    worker.kill('SIGTERM')
    await ended
  }
  expect(await db.query('select * from almanac.check_ledger()')).toEqual([])
  expect(await crontab()).toMatchObject([{ workers: 0, rule: null, last_hour: 3 }])
})
