import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()

/** Twenty tasks in six groups, each with those that it depends on. */
const GROUPS: Record<string, Record<string, string[]>> = {
  extract: { extract_customers: [], extract_orders: [], extract_products: [], extract_prices: [] },
  load: {
    load_customers: ['extract_customers'],
    load_orders: ['extract_orders', 'load_customers'],
    load_products: ['extract_products'],
    load_prices: ['extract_prices', 'load_products'],
  },
  matching: {
    normalize_names: ['load_customers'],
    match_customers: ['normalize_names'],
    match_orders: ['match_customers', 'load_orders'],
    score_matches: ['match_customers', 'match_orders'],
  },
  enrich: {
    enrich_addresses: ['match_customers'],
    enrich_products: ['load_products'],
    enrich_orders: ['match_orders'],
  },
  report: {
    report_sales: ['enrich_orders', 'load_prices'],
    report_quality: ['score_matches', 'enrich_addresses'],
  },
  clean: {
    archive_old: ['report_sales', 'report_quality'],
    vacuum_stage: ['archive_old'],
    notify_done: ['vacuum_stage'],
  },
}
const NEEDS = Object.assign({}, ...Object.values(GROUPS)) as Record<string, string[]>

/** Hangs in a process that is to be killed; fails in its first attempt, or as long as there is a file that says so. */
const code = (metadata: object) => `
import { existsSync } from 'node:fs'
export const metadata = ${JSON.stringify(metadata)}
export default async (payload, { run }) => {
  if (process.env.HANGS) {
    process.send('begun')
    await new Promise(() => undefined)
  }
  const name = new URL(import.meta.url).pathname.split('/').at(-1).replace('.mjs', '')
  if (existsSync(new URL(name + '.once', import.meta.url)) && run.attempt === 1) throw new Error('once')
  if (existsSync(new URL(name + '.broken', import.meta.url))) throw new Error('broken')
  return name
}`

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'almanac-steps-'))
  for (const [group, tasks] of Object.entries(GROUPS))
    for (const [task, dependsOn] of Object.entries(tasks))
      await writeFile(join(folder, `${task}.mjs`), code({ group, dependsOn }))
})
afterAll(() => rm(folder, { recursive: true }))

interface Step {
  readonly id: string
  readonly task: string
  readonly status: string
  readonly attempt: number
  readonly reason: string | null
  readonly started_at: Date
  readonly finished_at: Date
}
const parents = (name: string) =>
  workers.query<{ id: string; status: string; roll_up: Record<string, number> }>(
    `select r.id::text, r.status, to_jsonb(almanac.runs_roll_up(r)) as roll_up
     from almanac.runs r where r.children is not null and r.schedule_name = $1 order by r.id`,
    [name],
  )
const steps = (parent: string) =>
  workers.query<Step & Record<string, unknown>>(
    `select id::text, task_identifier as task, status, attempt, reason, started_at, finished_at
     from almanac.runs where parent_id = $1 order by element`,
    [parent],
  )
const isOver = async (name: string) =>
  (await parents(name)).every(({ status }) => !['queued', 'running'].includes(status))
const areKnown = () =>
  until('all tasks are known', async () => {
    const [row] = await workers.query<{ steps: number }>(
      `select count(*)::int as steps from almanac.target_steps('all')`,
    )
    return row?.steps === 20
  })
const startThree = () =>
  Promise.all([1, 2, 3].map(() => workers.start({ taskDirectory: folder, concurrency: 3 })))

/** By what the ledger has of their beginnings and ends. */
function expectOrder(seen: readonly Step[]): void {
  const byTask = new Map(seen.map((step) => [step.task, step]))
  for (const step of seen.filter(({ status }) => status === 'succeeded'))
    for (const need of NEEDS[step.task]!) {
      const needed = byTask.get(need)
      if (needed) expect(needed.finished_at <= step.started_at, `${need} before ${step.task}`).toBe(true)
    }
}

test('all tasks run in order on three workers, with one that fails once, and a worker that is killed', async () => {
  await writeFile(join(folder, 'match_orders.once'), '')
  const victim = fork(
    join(import.meta.dirname, '../testing/filesVictim.ts'),
    [workers.database.connectionStringFor('worker'), folder],
    { env: { ...process.env, HANGS: '1' } },
  )
  onTestFailed(() => void victim.kill('SIGKILL'))
  await areKnown()
  await workers.query(
    `select almanac.schedule_cron('daily-full-sync', '0 2 * * *', 'almanac:tasks',
       settings => '{"target": "all", "retry_delay": "0", "max_attempts": 2}')`,
  )
  const begun = once(victim, 'message')
  await workers.query(`select almanac.trigger_now('daily-full-sync')`)
  await begun
  victim.kill('SIGKILL')
  await once(victim, 'exit')
  await until('its connections have ended', async () => {
    const sessions = await workers.query(
      `select from pg_stat_activity where datname = current_database() and usename = 'almanac_test_worker'`,
    )
    return sessions.length === 0
  })
  await workers.query(
    `update almanac.workers set last_heartbeat_at = now() - interval '1 minute' where pid = $1`,
    [victim.pid],
  )

  await startThree()
  await until('the parent has ended', () => isOver('daily-full-sync'))

  const [parent] = await parents('daily-full-sync')
  expect(parent).toMatchObject({ status: 'succeeded', roll_up: { total: 20, succeeded: 20, unfinished: 0 } })
  const seen = await steps(parent!.id)
  expect(seen.map(({ task }) => task).sort()).toEqual(Object.keys(NEEDS).sort())
  expectOrder(seen)
  expect(seen.find(({ task }) => task === 'match_orders')).toMatchObject({ attempt: 2 })
  expect(await workers.query('select from almanac_private.live_runs')).toEqual([])
  await rm(join(folder, 'match_orders.once'))
})

test('a group runs alone; what depends on a failed step is skipped, and a retry begins again from there', async () => {
  await writeFile(join(folder, 'match_customers.broken'), '')
  await startThree()
  await areKnown()
  await workers.query(
    `select almanac.schedule_cron('hourly-matching', '0 * * * *', 'almanac:tasks',
       settings => '{"target": "group", "task_group": "matching", "max_attempts": 1}')`,
  )
  await workers.query(`select almanac.trigger_now('hourly-matching')`)
  await until('the parent has ended', () => isOver('hourly-matching'))

  const [failed] = await parents('hourly-matching')
  expect(failed).toMatchObject({
    status: 'failed',
    roll_up: { total: 4, succeeded: 1, failed: 1, skipped: 2 },
  })
  expect((await steps(failed!.id)).map(({ task, status, reason }) => [task, status, reason])).toEqual([
    ['normalize_names', 'succeeded', null],
    ['match_customers', 'failed', null],
    ['match_orders', 'skipped', 'it needs match_customers, which failed'],
    ['score_matches', 'skipped', expect.stringMatching(/^it needs match_/)],
  ])

  await rm(join(folder, 'match_customers.broken'))
  await workers.query('select almanac.retry_run($1, only_failed => true)', [failed!.id])
  await until('the other parent has ended', () => isOver('hourly-matching'))

  const [, again] = await parents('hourly-matching')
  expect(again).toMatchObject({ status: 'succeeded', roll_up: { total: 3, succeeded: 3 } })
  expectOrder(await steps(again!.id))
})
