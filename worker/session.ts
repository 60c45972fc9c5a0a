import { hostname } from 'node:os'
import type { Job, JobHelpers, TaskList, WorkerEvents, WorkerPool } from 'graphile-worker'
import type { Client, ClientConfig } from 'pg'
import packageJson from '../package.json' with { type: 'json' }
import { createAnnouncer } from './announcer.ts'
import { DatabaseClient } from './client.ts'
import { boundEnding, endsWithin } from './ending.ts'
import { createFailedJobs } from './failedJobs.ts'
import { describeError, type Log } from './log.ts'
import { join } from './membership.ts'
import { followPool } from './poolActivity.ts'
import type { Query } from './query.ts'
import { createRecorder } from './recorder.ts'
import { announceTasks, type TaskCatalogue } from './registry.ts'
import type { Work } from './run.ts'
import { sqlLogin } from './sqlLogin.ts'
import { createCheckLedgerTask } from './tasks/checkLedger.ts'
import { noop } from './tasks/noop.ts'
import { createSqlTask } from './tasks/sql.ts'
import { createWakeTask } from './tasks/wake.ts'
import { startTicker } from './ticker.ts'
import { createUpkeep } from './upkeep.ts'
import { watchPool, type Stall } from './watch.ts'

/** What surrounds one Graphile Worker pool for as long as it lives. */
export interface PoolSession {
  /** Runs a job of a task of the host's or the user's. */
  run(task: Work, payload: unknown, helpers: JobHelpers): unknown
  /** Runs a job of a built-in task. */
  runBuiltin(identifier: string, payload: unknown, helpers: JobHelpers): unknown
  /** The pool can complete no more jobs: others must free what it has locked. */
  broken(): void
  /** Ends the pool by `next` and leaves: fires nothing more from here, and says so, while what runs goes on. */
  end(next: () => PromiseLike<void> | void): Promise<void>
  /** Ends the pool by `next`, whatever still runs. */
  forceEnd(next: () => PromiseLike<ForcedEnd> | ForcedEnd): Promise<ForcedEnd>
}

interface ForcedEnd {
  readonly forceFailedJobs: readonly Job[]
}

/** Settings of a session. */
export interface SessionOptions {
  readonly query: Query
  /** Closes what `query` uses. */
  readonly end: () => Promise<void>
  readonly concurrency: number
  /** Database of the pool, without a transaction pooler between. */
  readonly directUrl: string
  /** Whether the pool's own connections go through a transaction pooler, so that its LISTEN hears nothing. */
  readonly isPooled: boolean
  readonly sqlUrl: string | undefined
  readonly sqlConnections: number
  readonly ticker: boolean
  readonly heartbeatInterval: number
  /** Milliseconds between the pool's looks for jobs. */
  readonly pollInterval: number
  /** Milliseconds after which a pool that takes nothing, though it could, is given up. */
  readonly stalledAfter: number
  /** Told when it is given up; null: nobody starts another. */
  readonly onStalled: ((reason: string) => void) | null
  readonly events: WorkerEvents
  readonly catalogue: TaskCatalogue
  readonly log: Log
}

export const BUILTIN_TASKS: readonly string[] = [
  'almanac:noop',
  'almanac:sql',
  'almanac:check_ledger',
  'almanac:wake',
]

const REANNOUNCE = 60_000
/** Time for tasks to end after their abort signal when the worker stops. */
const STOP_GRACE = 5_000
/** A database that does not answer is left without a word: others take over what was held within 15 s. */
const LONGEST_LEAVE = 3_000

/** Registers the pool, starts its ticker and heartbeats, announces its tasks. */
export function openSession(pool: WorkerPool, tasks: TaskList, options: SessionOptions): PoolSession {
  const { query, log, catalogue, directUrl, sqlUrl } = options
  const announcer = createAnnouncer({ query, log })
  const onFired = () => announcer.changed(null)
  const host = hostname()
  let ticking = () => false
  let orderly = true
  let givenUp: Stall | null = null
  let drained: Promise<void> = Promise.resolve()
  let announcedAt = -Infinity

  const membership = join({
    query,
    member: {
      name: `${host}:${process.pid}`,
      host,
      pid: process.pid,
      version: packageJson.version,
      concurrency: options.concurrency,
      poolId: pool.id,
    },
    isTicking: () => ticking(),
    onBeat(workerId, reaped) {
      if (reaped > 0) {
        log('warning', `${reaped} lost worker${reaped === 1 ? '' : 's'}: what they held was taken up.`)
        announcer.changed(null)
      }
      if (performance.now() - announcedAt >= REANNOUNCE) void announce(workerId)
      tended = tended.then(() => upkeep.beat())
      void cancelRequested(workerId).catch((error: unknown) =>
        log('warning', `Runs to be cancelled could not be looked up: ${describeError(error)}`),
      )
    },
    onLost: () => recorder.interrupt('The worker was given up as lost: another runs this anew.', STOP_GRACE),
    log,
    interval: options.heartbeatInterval,
  })
  const upkeep = createUpkeep({ query, isLeader: () => membership.isLeader(), log })
  let tended = membership.workerId().then(
    () => upkeep.start(),
    () => undefined,
  )

  async function announce(workerId: string): Promise<void> {
    announcedAt = performance.now()
    const identifiers = Object.keys(tasks).filter((identifier) => !BUILTIN_TASKS.includes(identifier))
    await announceTasks({ query, workerId, identifiers, catalogue, log }).catch((error: unknown) => {
      announcedAt = -Infinity
      log('warning', `The tasks could not be announced: ${describeError(error)}`)
    })
  }

  const failedJobs = createFailedJobs({ query, log })
  const recorder = createRecorder({
    query,
    workerId: () => membership.workerId(),
    announcer,
    onFailedJob: (jobId) => failedJobs.add(jobId),
    log,
  })
  pool.abortSignal.addEventListener('abort', () => {
    recorder.interrupt('The worker was stopped before the task had ended.', STOP_GRACE)
    setTimeout(() => {
      recorder.abandon()
      membership.abandon()
    }, 2 * STOP_GRACE).unref()
  })

  /** The ledger says what is to be cancelled, not whoever sends a NOTIFY. */
  async function cancelRequested(workerId: string): Promise<void> {
    const requests = await query<{ run_id: string; reason: string | null }>(
      'select run_id, reason from almanac_private.cancel_requests($1)',
      [workerId],
    )
    recorder.cancel(requests.map(({ run_id, reason }) => ({ runId: run_id, reason: reason ?? 'asked for' })))
  }

  async function cancelIfOurs(runIds: readonly string[]): Promise<void> {
    if (!recorder.hasAny(runIds)) return
    await membership
      .workerId()
      .then(cancelRequested)
      .catch((error: unknown) =>
        log('warning', `Runs to be cancelled could not be looked up: ${describeError(error)}`),
      )
  }

  const ticker = options.ticker
    ? startTicker({
        connect: () => connect({ connectionString: directUrl, application_name: 'almanac ticker' }, log),
        isLeader: () => membership.isLeader(),
        onJobs: options.isPooled ? (count) => pool.nudge(count) : null,
        onCancels: (runIds) => void cancelIfOurs(runIds),
        onLeadFree: () => (membership.isLeader() ? Promise.resolve() : membership.beat()),
        onConnected: () => void membership.beat(),
        onFired,
        log,
      })
    : null
  if (ticker) ticking = () => ticker.ticking

  const activity = followPool(pool, options)
  const ending = boundEnding(() => activity.running)
  const watch = watchPool({
    activity,
    concurrency: options.concurrency,
    pollInterval: options.pollInterval,
    interval: options.heartbeatInterval,
    stalledAfter: options.stalledAfter,
    async lookAtJobs(dueFor) {
      const [row] = await query<{ task_numbers: string | null; untaken: string | null }>(
        'select task_numbers, untaken from almanac_private.look_at_jobs($1, $2)',
        [Object.keys(tasks), dueFor === null ? null : `${dueFor} milliseconds`],
      )
      return { taskNumbers: row?.task_numbers ?? null, untaken: row?.untaken ?? null }
    },
    renewTasks: () => renew(tasks),
    async note(stall) {
      await query('select almanac_private.note_stall($1, $2, $3)', [
        await membership.workerId(),
        stall && `${stall.lasted} milliseconds`,
        stall && stall.reason,
      ])
    },
    giveUp,
    log,
  })

  function giveUp(stall: Stall): void {
    const { onStalled } = options
    if (givenUp || (onStalled === null && activity.running > 0)) return
    givenUp = stall
    orderly = false
    log('error', `The worker's pool is given up: ${stall.reason}`)
    if (onStalled) onStalled(stall.reason)
    else process.exitCode ||= 1
    void Promise.resolve(pool.gracefulShutdown(stall.reason)).catch(() => undefined)
  }

  const wake = createWakeTask({ query, onFired })
  const sql = createSqlTask({
    login: () => sqlLogin({ query, sqlUrl, connectionString: directUrl }),
    connections: options.sqlConnections,
  })
  const checkLedger = createCheckLedgerTask({ log })
  const builtins: Readonly<Record<string, Work>> = {
    'almanac:noop': (payload, helpers) => recorder.run(noop, payload, helpers),
    'almanac:sql': (payload, helpers) => recorder.run(sql, payload, helpers),
    'almanac:check_ledger': (payload, helpers) => recorder.run(checkLedger, payload, helpers),
    'almanac:wake': wake,
  }

  return {
    run: (task, payload, helpers) => recorder.run(task, payload, helpers),
    runBuiltin: (identifier, payload, helpers) => builtins[identifier]?.(payload, helpers),
    broken() {
      orderly = false
    },
    async end(next) {
      ticking = () => false
      watch.stop()
      const stopped = ticker?.stop()
      drained = membership.drain()
      try {
        await endPool(next)
      } catch (error) {
        orderly = false
        throw error
      } finally {
        activity.stop()
        if (!(await endsWithin(LONGEST_LEAVE, leave(stopped))))
          log(
            'warning',
            'The database did not hear in time that the worker ends: others find out within 15 s.',
          )
        await options.end()
      }
      if (givenUp) throw new Error(`The pool was given up, as it took no jobs: ${givenUp.reason}`)
    },
    async forceEnd(next) {
      ending.giveUpJobs()
      let result: ForcedEnd = { forceFailedJobs: [] }
      await endPool(async () => {
        result = await next()
      })
      return result
    },
  }

  async function endPool(next: () => PromiseLike<void> | void): Promise<void> {
    if (await ending.wait(next)) return
    orderly = false
    log(
      'error',
      'Graphile Worker did not end its pool, as the database does not answer or a completion had failed. It is left as it is.',
    )
  }

  async function leave(tickerStopped: Promise<void> | undefined): Promise<void> {
    await tickerStopped
    await announcer.flush()
    await failedJobs.flush()
    await membership.leave({ orderly })
    await drained
    await tended
  }
}

/** Graphile Worker asks for the numbers of its tasks when the list of their names reads otherwise than before. */
function renew(tasks: TaskList): void {
  for (const [identifier, task] of Object.entries(tasks).slice(0, 1)) {
    delete tasks[identifier]
    tasks[identifier] = task
  }
}

async function connect(config: ClientConfig, log: Log): Promise<Client> {
  const client = new DatabaseClient({ ...config, keepAlive: true, connectionTimeoutMillis: 10_000 })
  await client.connect()
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  if (rows[0]?.pid !== Reflect.get(client, 'processID'))
    log(
      'warning',
      'The ticker is connected through a pooler. If that pools transactions, nothing wakes it: set ALMANAC_DIRECT_URL to a connection without one.',
    )
  return client
}
