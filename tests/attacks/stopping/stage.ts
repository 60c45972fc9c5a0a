import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { nodeOptionsOf } from '../../../cli/heap.ts'
import { signIn } from '../../../server/testing/client.ts'
import { until } from '../../../worker/testing/until.ts'
import { createTestDatabase, type TestDatabase } from '../../database/createTestDatabase.ts'
import { setScene } from '../scene.ts'
import type { StoppingAttack } from './attacks.ts'
import type { Target } from './means.ts'

/** A worker and a server, each a process with its own login, and a schedule of every second that is to stay punctual. */
export interface Stage extends Target {
  readonly db: TestDatabase
  /**
   * Has an attack go on until that many occurrences that were due meanwhile have succeeded, and tells what was seen.
   */
  watch(attack: StoppingAttack['attack'], occurrences: number): Promise<Seen>
  close(): Promise<void>
}

/** What was seen while an attack went on. */
interface Seen {
  /** What happened to the occurrences that were due, each once. */
  readonly outcomes: readonly string[]
  /** Whether their runs began in the order in which they were due. */
  readonly inOrder: boolean
  /** Occurrences that were due when a run began, and later than its own: the most of any. */
  readonly behind: number
  /** Occurrences that became no run, of the usual schedule as well. */
  readonly omitted: number
  /** What happened to the occurrences of the usual schedule, each once. */
  readonly usual: readonly string[]
  /** Polls of /healthz, and how many were answered with 200. */
  readonly health: { readonly asked: number; readonly answered: number }
  readonly megabytes: { readonly worker: number; readonly server: number }
  /** Whether worker and server are the processes that they were, and the worker the one that it was. */
  readonly alive: boolean
  readonly ledgerProblems: number
}

const COMMAND = new URL('../../../cli/almanac.mjs', import.meta.url).pathname
const HEALTH_EVERY = 200
const HEALTH_WITHIN = 10_000
const PATIENCE = 60_000

export async function setStage(): Promise<Stage> {
  const db = await createTestDatabase()
  await setScene(db)
  // One that is late waits in line: it is skipped for nothing but an attack.
  await db.query(
    `select almanac.schedule_cron('punctual', '* * * * * *', 'almanac:noop', settings => '{"overlap_policy": "queue_all"}')`,
  )
  // And one as people create it, which skips an occurrence while the run before it is unfinished.
  await db.query(`select almanac.schedule_cron('usual', '*/2 * * * * *', 'almanac:noop')`)
  await db.query(HISTORY)
  const worker = start('worker', db.connectionStringFor('worker'), {
    ALMANAC_SQL_URL: db.connectionStringFor('plain'),
  })
  const server = start('server', db.connectionStringFor('server'))
  const [{ url }] = (await once(server, 'message')) as [{ url: string }]
  const succeeded = async (since: string) =>
    (
      await db.query<{ count: number }>(
        `select count(*)::int from almanac.runs where schedule_name = 'punctual' and status = 'succeeded' and scheduled_for > $1`,
        [since],
      )
    )[0]?.count ?? 0
  await until('a worker leads', async () => (await succeeded('-infinity')) > 0)
  const workerIds = async () =>
    (await db.query<{ id: string }>('select id from almanac.workers order by id')).map(({ id }) => id)
  const now = async () => (await db.query<{ at: string }>('select clock_timestamp()::text as at'))[0]!.at

  async function watch(attack: StoppingAttack['attack'], occurrences: number): Promise<Seen> {
    const before = await workerIds()
    const begun = await now()
    const over = new AbortController()
    const megabytes = { worker: 0, server: 0 }
    const measure = setInterval(() => {
      megabytes.worker = Math.max(megabytes.worker, megabytesOf(worker))
      megabytes.server = Math.max(megabytes.server, megabytesOf(server))
    }, 100)
    const asked = askHealth(url, over.signal)
    const attacking = attack({ url, connectionStringFor, cookie }, over.signal)
    try {
      await Promise.race([
        until(
          'the schedule of another continues',
          async () => (await succeeded(begun)) >= occurrences,
          PATIENCE,
        ),
        // One that ends by itself has failed.
        attacking.then(() => over.signal.aborted || Promise.reject(new Error('The attack ended.'))),
      ])
    } finally {
      over.abort()
      clearInterval(measure)
    }
    await attacking
    const health = await asked
    const ended = await now()
    const ledger = await until(
      'what was due has ended',
      async () => {
        const [found] = await db.query<Ledger>(LEDGER, [begun, ended])
        return found?.open === 0 && found
      },
      PATIENCE,
    )
    await db.query(`delete from almanac.schedules where name like 'attack%'`)
    const [problems] = await db.query<{ count: number }>('select count(*)::int from almanac.check_ledger()')
    return {
      outcomes: ledger.outcomes,
      inOrder: ledger.in_order,
      behind: ledger.behind,
      omitted: ledger.omitted,
      usual: ledger.usual,
      health,
      megabytes,
      alive:
        worker.exitCode === null && server.exitCode === null && before.join() === (await workerIds()).join(),
      ledgerProblems: problems?.count ?? NaN,
    }
  }

  const connectionStringFor: Stage['connectionStringFor'] = (login) => db.connectionStringFor(login)
  const cookie: Stage['cookie'] = async (role) =>
    (await signIn(db, { url, close: () => Promise.resolve() }, role)).cookie

  return {
    db,
    url,
    connectionStringFor,
    cookie,
    watch,
    async close() {
      for (const child of [worker, server]) {
        if (child.exitCode !== null) continue
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      await db.drop()
    },
  }
}

function start(part: 'worker' | 'server', connectionString: string, environment = {}): ChildProcess {
  return fork(COMMAND, [part], {
    execArgv: nodeOptionsOf(part, [], undefined),
    env: { ...process.env, DATABASE_URL: connectionString, PORT: '0', HOST: '127.0.0.1', ...environment },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
}

/** Resident memory, where the system tells it. */
function megabytesOf({ pid }: ChildProcess): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

async function askHealth(url: string, signal: AbortSignal): Promise<Seen['health']> {
  const health = { asked: 0, answered: 0 }
  while (!signal.aborted) {
    health.asked++
    const status = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(HEALTH_WITHIN) }).then(
      async (response) => {
        await response.body?.cancel()
        return response.status
      },
      () => null,
    )
    if (status === 200) health.answered++
    await delay(HEALTH_EVERY)
  }
  return health
}

interface Ledger {
  readonly outcomes: string[]
  readonly in_order: boolean
  readonly behind: number
  readonly omitted: number
  readonly open: number
  readonly usual: string[]
}

/** The instants between the attack's begin and its end, whether or not anything happened to them. */
const LEDGER = `
  with due as (
    select due, r.status, r.started_at, r.finished_at,
      r.started_at < lag(r.started_at) over (order by due) as is_before
    from generate_series(date_trunc('second', $1::timestamptz) + interval '1 second', $2::timestamptz, interval '1 second') due
    left join almanac.runs r on r.schedule_name = 'punctual' and r.scheduled_for = due and r.trigger = 'schedule'
  )
  select count(*) filter (where finished_at is null)::int as open,
    array_agg(coalesce(status::text, 'nothing') order by due) as outcomes,
    not bool_or(coalesce(is_before, false)) as in_order,
    max(floor(extract(epoch from started_at - due)))::int as behind,
    (select coalesce(sum(o.count), 0)::int from almanac.omissions o
      where o.schedule_name in ('punctual', 'usual') and upper(o.during) > $1::timestamptz) as omitted,
    (select coalesce(array_agg(r.status::text order by r.scheduled_for), '{}') from almanac.runs r
      where r.schedule_name = 'usual' and r.scheduled_for between $1::timestamptz and $2::timestamptz
        and r.finished_at is not null) as usual
  from due`

/** Of a deleted schedule, with as much in it as lists may show. */
const HISTORY = `
  insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, queued_at, started_at,
    finished_at, run_as, result, max_attempts, priority)
  select 1000000, 'history', 'almanac:noop', jsonb_build_object('a', repeat('x', 1000)), at, at, 'manual', 'succeeded', at, at, at, session_user,
    jsonb_build_object('a', repeat('x', 1000)), 1, 0
  from generate_series(1, 20000) i, lateral (select now() - i * interval '1 second' as at) a`
