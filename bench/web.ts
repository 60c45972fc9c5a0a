import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { applyMigrations } from '../cli/migrations.ts'
import { WEB_FOLDER } from '../process/packageRoot.ts'
import { queryOn, type Query } from '../process/query.ts'
import { createLoginLink } from '../server/auth/loginLink.ts'
import { startServer } from '../server/main.ts'
import { seed } from '../tests/browser/seed.ts'
import { defineBench, type Row } from './bench.ts'
import { withClient } from './database.ts'
import { rounded } from './statistics.ts'
import { openMeasuredBrowser, type MeasuredPage } from './web/measuredPage.ts'

/** What each number is, and the most that it may be. */
const GOALS = {
  'first view: kB needed': 250,
  'first view: kB in all': undefined,
  'first view: ms': undefined,
  'first view: long tasks, ms': undefined,
  'idle, changes elsewhere: queries a minute': 10,
  'idle, changes elsewhere: kB a minute': 100,
  'idle, changes in what is shown: queries a minute': 10,
  'idle, changes in what is shown: kB a minute': 100,
  'changes in what is shown: longest task, ms': undefined,
  'changes in what is shown: long tasks, ms a minute': undefined,
  'heap before, MB': undefined,
  'heap after, MB': undefined,
} as const
type Numbers = Record<keyof typeof GOALS, number>

/** What the client costs: to open it, and to keep it open while things happen. */
export const web = defineBench({
  name: 'web',
  title: `The calendar's week in Chromium, compressed bytes: opened without a cache on a slow processor, then left open while schedules that it does not
show change, and while those that it shows do. ALMANAC_BENCH_WEB_BEFORE names the folder of another build to compare with; × is this build ÷ that one.`,
  defaults: { seconds: 60, changes: 50, daily: 400, slowdown: 4 },
  async run({ connectionString, settings, say }) {
    const before = process.env['ALMANAC_BENCH_WEB_BEFORE']
    if (!existsSync(join(WEB_FOLDER, 'index.html')))
      throw new Error('The web client is not built. Run "npm run build".')
    await applyMigrations({
      connectionString,
      withCurrent: true,
      logins: { isTrial: true, log: () => undefined },
    })
    return withClient(connectionString, async (client) => {
      const query = queryOn(client)
      await seed(query, { daily: settings.daily })
      await query(`insert into almanac.users (username, role) values ('bench', 'admin')`)
      const measured: { name: string; numbers: Numbers }[] = []
      for (const [name, folder] of [
        ...(before === undefined ? [] : [['before', before] as const]),
        ['now', WEB_FOLDER] as const,
      ]) {
        say(`measuring ${name}: ${folder}`)
        measured.push({ name, numbers: await measure({ connectionString, query, folder, settings }) })
      }
      return { tables: [rowsOf(measured)] }
    })
  },
})

interface Measuring {
  readonly connectionString: string
  readonly query: Query
  readonly folder: string
  readonly settings: {
    readonly seconds: number
    readonly changes: number
    readonly slowdown: number
  }
}

async function measure({ connectionString, query, folder, settings }: Measuring): Promise<Numbers> {
  const server = await startServer({
    connectionString,
    directUrl: connectionString,
    host: '127.0.0.1',
    port: 0,
    log: () => undefined,
    webFolder: folder,
  })
  const browser = await openMeasuredBrowser()
  try {
    const page = await browser.open({ slowdown: settings.slowdown })
    await page.signIn(await createLoginLink({ query, username: 'bench', baseUrl: server.url }))
    const first = await page.firstView(`${server.url}/calendar/week`)
    await page.untilQuiet()
    const all = page.taken()

    const ids = async (isSystem: boolean) =>
      (
        await query<{ id: string }>(
          `select id::text from almanac.schedules where is_system = $1 and deleted_at is null order by id`,
          [isSystem],
        )
      ).map(({ id }) => id)
    const elsewhere = await leaveOpen(page, query, await ids(true), settings)
    const heapBefore = await page.heapMegabytes()
    const shown = await leaveOpen(page, query, await ids(false), settings)
    const minutes = settings.seconds / 60
    return {
      'first view: kB needed': first.bytes / 1_000,
      'first view: kB in all': all.bytes / 1_000,
      'first view: ms': first.ms,
      'first view: long tasks, ms': first.longTasks.reduce((sum, ms) => sum + ms, 0),
      'idle, changes elsewhere: queries a minute': elsewhere.queries / minutes,
      'idle, changes elsewhere: kB a minute': elsewhere.bytes / 1_000 / minutes,
      'idle, changes in what is shown: queries a minute': shown.queries / minutes,
      'idle, changes in what is shown: kB a minute': shown.bytes / 1_000 / minutes,
      'changes in what is shown: longest task, ms': Math.max(0, ...shown.longTasks),
      'changes in what is shown: long tasks, ms a minute':
        shown.longTasks.reduce((sum, ms) => sum + ms, 0) / minutes,
      'heap before, MB': heapBefore,
      'heap after, MB': await page.heapMegabytes(),
    }
  } finally {
    await browser.close()
    await server.close()
  }
}

/** Seconds. */
const SETTLING = 10

/**
 * That many runs a second begin and end, of one schedule after the other, and are told of as workers do: ten times a
 * second.
 */
async function leaveOpen(
  page: MeasuredPage,
  query: Query,
  ids: readonly string[],
  { seconds, changes }: Measuring['settings'],
) {
  const begun = performance.now()
  const each = Math.max(1, Math.round(changes / 10))
  for (let turn = -10 * SETTLING; turn < seconds * 10; turn++) {
    // After a quiet time a few questions are asked at once: what counts is what it costs in the long run.
    if (turn === 0) page.forget()
    await delay(Math.max(0, begun + (turn + 10 * SETTLING) * 100 - performance.now()))
    const own = Array.from(
      { length: each },
      (_, index) => ids[((turn + 10 * SETTLING) * each + index) % ids.length],
    )
    await query(
      `with ran as (
         insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, queued_at, started_at,
           finished_at, attempt, max_attempts, priority, run_as)
         select s.id, s.name, s.task_identifier, '{}', clock_timestamp(), clock_timestamp(), 'manual', 'succeeded', clock_timestamp(),
           clock_timestamp(), clock_timestamp(), 1, 1, 1, 'bench'
         from almanac.schedules s where s.id = any ($1::bigint[])
       )
       select almanac_private.notify_changed('almanac_runs', $1::bigint[])`,
      [own],
    )
  }
  return page.taken()
}

function rowsOf(measured: readonly { name: string; numbers: Numbers }[]): Row[] {
  return (Object.keys(GOALS) as (keyof typeof GOALS)[]).map((what) => {
    const values = measured.map(({ name, numbers }) => [name, rounded(numbers[what])] as const)
    const [before, now] = [measured.at(-2), measured.at(-1)]
    const most = GOALS[what]
    return {
      what,
      ...Object.fromEntries(values),
      ...(before !== undefined && { '×': rounded((now?.numbers[what] ?? NaN) / before.numbers[what]) }),
      target: most ?? '',
      met: most === undefined ? '' : (now?.numbers[what] ?? NaN) <= most ? 'yes' : 'no',
    }
  })
}
