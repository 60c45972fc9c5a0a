import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { signIn, type TestRole } from '../../../server/testing/client.ts'
import { until } from '../../../worker/testing/until.ts'
import { createTestDatabase, type TestDatabase } from '../../database/createTestDatabase.ts'
import { setScene } from '../scene.ts'

/** A worker and a server, each a process with its own login, and a schedule every two seconds that is to stay punctual. */
export interface Stage {
  readonly db: TestDatabase
  readonly url: string
  /** The session cookie of somebody of this role. */
  cookie(role: TestRole): Promise<string>
  /** Watches until what it is given has ended, and tells what was seen. */
  watch(attack: (signal: AbortSignal) => Promise<void>, seconds: number): Promise<Seen>
  close(): Promise<void>
}

/** What was seen while an attack went on. */
interface Seen {
  /** Seconds from each instant at which the schedule was due until its run began; null: it did not, or did not succeed. */
  readonly lateness: readonly (number | null)[]
  /** Occurrences that became no run. */
  readonly omitted: number
  /** Seconds that each answer of /healthz took; null: none, or not 200. */
  readonly health: readonly (number | null)[]
  readonly megabytes: { readonly worker: number; readonly server: number }
  /** Whether worker and server are the processes that they were, and the worker the one that it was. */
  readonly alive: boolean
  readonly ledgerProblems: number
}

const COMMAND = new URL('../../../cli/almanac.mjs', import.meta.url).pathname
const HEALTH_EVERY = 200
const HEALTH_WITHIN = 5_000
const SETTLED_WITHIN = 5_000

export async function setStage(): Promise<Stage> {
  const db = await createTestDatabase()
  await setScene(db)
  await db.query(`select almanac.schedule_cron('punctual', '*/2 * * * * *', 'almanac:noop')`)
  const worker = start('worker', db.connectionStringFor('worker'))
  const server = start('server', db.connectionStringFor('server'))
  const [{ url }] = (await once(server, 'message')) as [{ url: string }]
  await until('a worker leads', async () => {
    const runs = await db.query(
      `select from almanac.runs where schedule_name = 'punctual' and status = 'succeeded'`,
    )
    return runs.length > 0
  })
  const workerIds = async () =>
    (await db.query<{ id: string }>('select id from almanac.workers order by id')).map(({ id }) => id)

  async function watch(attack: (signal: AbortSignal) => Promise<void>, seconds: number): Promise<Seen> {
    const before = await workerIds()
    const [begun] = await db.query<{ at: string }>('select clock_timestamp()::text as at')
    const over = new AbortController()
    const megabytes = { worker: 0, server: 0 }
    const measure = setInterval(() => {
      megabytes.worker = Math.max(megabytes.worker, megabytesOf(worker))
      megabytes.server = Math.max(megabytes.server, megabytesOf(server))
    }, 100)
    const asked = askHealth(url, over.signal)
    const attacking = attack(over.signal)
    await Promise.all([delay(seconds * 1000).then(() => over.abort()), attacking])
    const health = await asked
    clearInterval(measure)
    const [ended] = await db.query<{ at: string }>('select clock_timestamp()::text as at')
    const ledger = await settled(async () => (await db.query<Ledger>(LEDGER, [begun?.at, ended?.at]))[0])
    const [problems] = await db.query<{ count: number }>('select count(*)::int from almanac.check_ledger()')
    return {
      lateness: ledger?.lateness ?? [],
      omitted: ledger?.omitted ?? NaN,
      health,
      megabytes,
      alive:
        worker.exitCode === null && server.exitCode === null && before.join() === (await workerIds()).join(),
      ledgerProblems: problems?.count ?? NaN,
    }
  }

  return {
    db,
    url,
    cookie: async (role) => (await signIn(db, { url, close: () => Promise.resolve() }, role)).cookie,
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

function start(part: 'worker' | 'server', connectionString: string): ChildProcess {
  return fork(COMMAND, [part], {
    env: { ...process.env, DATABASE_URL: connectionString, PORT: '0', HOST: '127.0.0.1' },
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

async function askHealth(url: string, signal: AbortSignal): Promise<(number | null)[]> {
  const answers: (number | null)[] = []
  while (!signal.aborted) {
    const before = performance.now()
    answers.push(
      await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(HEALTH_WITHIN) }).then(
        async ({ status, body }) => {
          await body?.cancel()
          return status === 200 ? (performance.now() - before) / 1000 : null
        },
        () => null,
      ),
    )
    await delay(HEALTH_EVERY)
  }
  return answers
}

interface Ledger {
  readonly lateness: (number | null)[]
  readonly omitted: number
  readonly open: number
}

/** The ledger once what was due has ended, or after some seconds as it is. */
async function settled(read: () => Promise<Ledger | undefined>): Promise<Ledger | undefined> {
  const deadline = performance.now() + SETTLED_WITHIN
  for (;;) {
    const ledger = await read()
    if (ledger?.open === 0 || performance.now() > deadline) return ledger
    await delay(50)
  }
}

/** The instants between the attack's begin and its end, whether or not anything became of them. */
const LEDGER = `
  select count(*) filter (where r.finished_at is null)::int as open,
    array_agg(case when r.status = 'succeeded' then extract(epoch from r.started_at - due)::float8 end order by due) as lateness,
    (select coalesce(sum(o.count), 0)::int from almanac.omissions o
      where o.schedule_name = 'punctual' and upper(o.during) > $1::timestamptz) as omitted
  from generate_series(date_bin('2 seconds', $1::timestamptz, '2000-01-01Z') + interval '2 seconds', $2::timestamptz, interval '2 seconds') due
  left join almanac.runs r on r.schedule_name = 'punctual' and r.scheduled_for = due and r.trigger = 'schedule'`
