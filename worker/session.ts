import { hostname } from 'node:os'
import type { JobHelpers, Task, TaskList, WorkerPool } from 'graphile-worker'
import type { Client, ClientConfig } from 'pg'
import packageJson from '../package.json' with { type: 'json' }
import { createNotifier } from './runs/notifier.ts'
import { nudgeOf } from './pool/nudging.ts'
import { createBlockerWatch } from './membership/blockers.ts'
import { DatabaseClient } from '../process/client.ts'
import { ENGINE_LIMITS } from './defaults.ts'
import { endsWithin } from '../process/endsWithin.ts'
import { createFailedJobs } from './runs/failedJobs.ts'
import { createGroupLine } from './sharing/groupLine.ts'
import type { KeptLog } from './logs/journal.ts'
import { createJournals, readKeptLog } from './logs/journals.ts'
import { describeError, type Log } from '../process/log.ts'
import { join } from './membership/membership.ts'
import { createPlaceWatch } from './pool/place.ts'
import { paced } from './paced.ts'
import type { PoolActivity } from './pool/poolActivity.ts'
import { watchProcess } from './membership/processEnd.ts'
import { startPulse } from './pulse/pulse.ts'
import type { Query } from '../process/query.ts'
import { createRecorder, type Recorder } from './runs/recorder.ts'
import { createNotBegunWatch } from './runs/notBegun.ts'
import { announceTasks } from './registry.ts'
import type { TaskCatalogue } from './taskMetadata.ts'
import type { RunTask } from './run.ts'
import { createScheduledAccounts } from './sharing/scheduledAccounts.ts'
import { createSharing } from './sharing/sharing.ts'
import { sqlLogin } from './tasks/sqlLogin.ts'
import { createApplyRetentionTask } from './tasks/applyRetention.ts'
import { createCheckLedgerTask } from './tasks/checkLedger.ts'
import { createHttpTask, createSendRequest } from './tasks/http/http.ts'
import { createRedaction, type NamedSecret } from './logs/redaction.ts'
import { databaseSecrets } from './logs/databaseSecrets.ts'
import { createEmailTask } from './tasks/email/email.ts'
import { EMAIL_URL, type EmailSettings } from './tasks/email/settings.ts'
import type { HttpSettings } from './tasks/http/settings.ts'
import { noop } from './tasks/noop.ts'
import { createReportTask } from './tasks/report/report.ts'
import { createSqlTask } from './tasks/sql.ts'
import { createSqlSessions } from './tasks/sqlSession.ts'
import { createWakeTask } from './tasks/wake.ts'
import { createTakeBack } from './runs/takingBack.ts'
import { startTicker } from './firing/ticker.ts'
import { createCrontabReport, type CrontabItem } from './membership/crontab.ts'
import { createMaintenance } from './membership/maintenance.ts'
import { watchPool } from './pool/watch.ts'

/** What surrounds one Graphile Worker pool for as long as it lives. */
export interface PoolSession {
  /** Resolves when others know which jobs the pool has locked; rejects if it is asked to stop before. */
  registered(): Promise<void>
  /** Does the job of a run: by the host's or the user's own task of this name, otherwise by the built-in one. */
  run(of: RunOf, payload: unknown, helpers: JobHelpers): unknown
  /** Does the job that wakes a schedule. */
  readonly wake: Task
  /** The pool can complete no more jobs: others must free what it has locked. */
  broken(): void
  /** Fires nothing more from here, and says so; running runs continue. */
  drain(): void
  /** Says good-bye, unless the database does not answer. */
  leave(): Promise<void>
}

/** What a run is one of. */
interface RunOf {
  readonly identifier: string
  readonly task: RunTask | undefined
}

/** Settings of a session. */
export interface SessionOptions {
  readonly query: Query
  /** The same, for what may take minutes. */
  readonly patient: Query
  /** Closes what `query` uses. */
  readonly end: () => Promise<void>
  readonly concurrency: number
  readonly url: string
  /** Database of the pool, without a transaction pooler between. */
  readonly directUrl: string
  /** Whether the pool's own connections go through a transaction pooler, so that its LISTEN hears nothing. */
  readonly isPooled: boolean
  readonly sqlUrl: string | undefined
  readonly sqlConnections: number
  readonly http: HttpSettings
  /** Where what retention removes is written to; null: nowhere. */
  readonly archiveDirectory: string | null
  readonly email: EmailSettings | null
  readonly ticker: boolean
  readonly heartbeatInterval: number
  /** Milliseconds that a task may hold the CPU. */
  readonly busyLimit: number
  readonly ownsProcess: boolean
  /** The pool's own list. */
  readonly tasks: TaskList
  readonly activity: PoolActivity
  /** Milliseconds between the pool's looks for jobs. */
  readonly pollInterval: number
  /** Milliseconds after which a pool that takes nothing, though it could, is abandoned. */
  readonly stalledAfter: number
  readonly isCrowded: (() => boolean) | undefined
  readonly giveUp: (reason: string) => void
  readonly catalogue: TaskCatalogue
  /** What the pool's Graphile Worker fires by its crontab; null: nothing. */
  readonly crontab: readonly CrontabItem[] | null
  /** Called whenever the tasks are known. */
  readonly onAnnounced: () => void
  readonly log: Log
}

const REANNOUNCE = 60_000
/** Milliseconds between looks for what is to be cancelled here, and between heartbeats, that anybody can ask for. */
const CANCEL_PAUSE = 100
const LEAD_PAUSE = 1_000
/** Milliseconds between heartbeats that say what is late to be recorded. */
const LATE_PAUSE = 250
/** Milliseconds in which the ticker's connection answers, or is taken for lost. */
const LONGEST_CALL = 60_000
/** Time for tasks to end after their abort signal when the worker stops. */
const STOP_GRACE = 5_000
/** Milliseconds between tellings that runs have logged something, and between those of lists that show their progress. */
const LOG_PAUSE = 500
const PROGRESS_PAUSE = 3_000
/** A database that does not answer is left without a word: others take over what was held within 15 s. */
const LONGEST_LEAVE = 5_000
/** Time for what was logged and is not written yet, of that, and for what is late to be recorded. */
const LONGEST_FLUSH = 1_000
const LONGEST_SETTLING = 3_000

/** The sessions of open pools, by the abort signal that a pool's jobs are given. */
const sessions = new WeakMap<AbortSignal, PoolSession>()

/** The session of the pool that does a job. */
export function sessionOf(helpers: JobHelpers): PoolSession | undefined {
  return sessions.get(helpers.abortSignal)
}

/** Registers the pool, starts its ticker and heartbeats, announces its tasks. */
export function openSession(
  pool: WorkerPool,
  identifiers: readonly string[],
  options: SessionOptions,
): PoolSession {
  const { query, log, catalogue, directUrl, sqlUrl, tasks } = options
  const notifier = createNotifier({ query, log })
  const logNotifier = createNotifier({ query, log, channel: 'almanac_logs', pause: LOG_PAUSE })
  const progressNotifier = createNotifier({ query, log, pause: PROGRESS_PAUSE })
  const redaction = createRedaction(secretsOf(options))
  const recordRedaction = redaction.longest > 0 ? redaction : null
  /** Known before the worker is registered, and so before any run begins. */
  let keptLog!: KeptLog
  const journals = createJournals({
    query,
    kept: () => keptLog,
    redaction: recordRedaction,
    onWritten(runs, hasReports) {
      logNotifier.changed(runs.map(({ id }) => id))
      if (hasReports) progressNotifier.changed(runs.map(({ scheduleId }) => scheduleId))
    },
    log,
  })
  const host = hostname()
  /** What it does itself, it need not hear of: its pool may hear nothing. */
  const nudge = nudgeOf(pool)
  let ticking = () => false
  let orderly = true
  let drained: Promise<void> = Promise.resolve()
  let stopped: Promise<void> | undefined
  let announcedAt = -Infinity

  const pulse = startPulse({
    connectionString: options.url,
    interval: options.heartbeatInterval,
    busyLimit: options.busyLimit,
    ownsProcess: options.ownsProcess,
    log,
  })
  const unwatch = watchProcess((words) => pulse.say(words))
  const place = createPlaceWatch({ query, log })
  const maintenance = createMaintenance({
    query: options.patient,
    isLeader: () => membership.isLeader(),
    log,
  })
  const crontab = createCrontabReport({ query, items: options.crontab, log })
  const notBegun = createNotBegunWatch({ query, isLeader: () => membership.isLeader(), log })
  const membership = join({
    query,
    member: {
      name: `${host}:${process.pid}`,
      host,
      pid: process.pid,
      version: packageJson.version,
      concurrency: options.concurrency,
      poolId: pool.id,
      tasks: identifiers,
    },
    async prepare() {
      await maintenance.prepare()
      keptLog = await readKeptLog(query)
    },
    isTicking: () => ticking(),
    runIds: () => recorder.runIds(),
    ended: (workerId) => recorder.ended(workerId),
    lastStop: () => pulse.lastStop(),
    onBeat(workerId, reaped) {
      pulse.tend(workerId)
      if (reaped > 0) {
        log(
          'warning',
          `${reaped} lost worker${reaped === 1 ? '' : 's'}: other workers take over what they held.`,
        )
        notifier.changed(null)
      }
      if (performance.now() - announcedAt >= REANNOUNCE) void announce()
      scheduledAccounts.beat()
      tended = tended
        .then(() => place.beat())
        .then(() => maintenance.beat())
        .then(() => notBegun.beat())
        .then(() => crontab.beat(workerId))
      void cancelRequested(workerId).catch((error: unknown) =>
        log('warning', `Requests to cancel runs could not be read: ${describeError(error)}`),
      )
    },
    onLost: () => recorder.interrupt('The worker was marked lost: another runs this again.', STOP_GRACE),
    log,
    interval: options.heartbeatInterval,
  })
  let tended = membership.workerId().then(
    () => maintenance.start(),
    () => undefined,
  )

  const toldOfTasks = new Set<string>()
  async function announce(): Promise<void> {
    announcedAt = performance.now()
    await announceTasks({ query, identifiers, catalogue, told: toldOfTasks, log })
    options.onAnnounced()
  }

  const failedJobs = createFailedJobs({ query, log })
  const lookAtBlockers = createBlockerWatch({ query, log })
  const scheduledAccounts = createScheduledAccounts({ query, log })
  const sharing = createSharing({
    concurrency: options.concurrency,
    connections: options.sqlConnections,
    busyBesides: () => Math.max(0, options.activity.running - recorder.inHand()),
    scheduled: scheduledAccounts.accounts,
    takeBack: createTakeBack({ query, nudge, log }),
  })
  const groupLine = createGroupLine({ query, nudge, log })
  const recorder: Recorder = createRecorder({
    query,
    async workerId() {
      const id = await membership.workerId()
      await scheduledAccounts.known()
      return id
    },
    sharing,
    notifier,
    journals,
    redaction: recordRedaction,
    onFailedJob: (jobId) => failedJobs.add(jobId),
    onHeld: () => void lookAtBlockers(),
    onGroupFull: () => groupLine.waits(),
    onLate: () => void sayLate(),
    log,
  })
  pool.abortSignal.addEventListener('abort', () => {
    recorder.interrupt('The worker was stopped before the task had ended.', STOP_GRACE)
    setTimeout(() => {
      recorder.abandon()
      membership.abandon()
    }, 2 * STOP_GRACE).unref()
  })

  /** The ledger says what is to be cancelled, not the sender of a NOTIFY. */
  async function cancelRequested(workerId: string): Promise<void> {
    const requests = await query<{ run_id: string; reason: string | null }>(
      'select run_id, reason from almanac_private.cancel_requests($1)',
      [workerId],
    )
    recorder.cancel(requests.map(({ run_id, reason }) => ({ runId: run_id, reason: reason ?? 'asked for' })))
  }

  const cancelHere = paced(
    () =>
      membership
        .workerId()
        .then(cancelRequested)
        .catch((error: unknown) =>
          log('warning', `Requests to cancel runs could not be read: ${describeError(error)}`),
        ),
    CANCEL_PAUSE,
  )
  const beatAsTold = paced(() => membership.beat(), LEAD_PAUSE)
  const sayLate = paced(() => membership.beat(), LATE_PAUSE)

  const ticker = options.ticker
    ? startTicker({
        async connect() {
          await maintenance.prepare()
          return connect({ connectionString: directUrl, application_name: 'almanac ticker' }, log)
        },
        isLeader: () => membership.isLeader(),
        onJobs: options.isPooled ? nudge : null,
        onCancels: () => void (recorder.hasAny() && cancelHere()),
        onChanges: () => scheduledAccounts.changed(),
        onLeadFree: () => (membership.isLeader() ? Promise.resolve() : beatAsTold()),
        onConnected: () => void membership.beat(),
        onHeld: () => void lookAtBlockers(),
        onFired(scheduleIds, runs) {
          notifier.changed(scheduleIds)
          nudge(runs)
        },
        log,
      })
    : null
  if (ticker) ticking = () => ticker.ticking

  const wake = createWakeTask({
    query,
    onFired(wakes, movedIds) {
      notifier.changed(movedIds)
      nudge(wakes)
    },
    onHeld: () => void lookAtBlockers(),
  })
  const withSession = createSqlSessions({
    login: (run) => sqlLogin(run, { query, sqlUrl, connectionString: directUrl, log }),
    async noteWait(run, reason) {
      try {
        await query('select almanac_private.note_wait($1, $2, $3)', [run.id, run.scheduledFor, reason])
        notifier.changed([run.scheduleId])
      } catch (error) {
        log('warning', `Could not record what run ${run.id} waits for: ${describeError(error)}`)
      }
    },
    log,
  })
  const sendRequest = createSendRequest(options.http, redaction)
  const checkLedger = createCheckLedgerTask({ log })
  const builtins: Readonly<Record<string, RunTask>> = {
    'almanac:noop': noop,
    'almanac:sql': createSqlTask(withSession),
    'almanac:http': createHttpTask(sendRequest),
    'almanac:email': createEmailTask(options.email, redaction),
    'almanac:report': createReportTask({ withSession, email: options.email, sendRequest, redaction }),
    'almanac:check_ledger': checkLedger,
    // Of a parent run: its job only has it begin.
    'almanac:tasks': noop,
    'almanac:apply_retention': createApplyRetentionTask({ log, directory: options.archiveDirectory }),
  }

  const watch = watchPool({
    ...options,
    interval: options.heartbeatInterval,
    async lookAtJobs(dueFor) {
      const [row] = await query<{ task_numbers: string | null; untaken: string | null }>(
        'select task_numbers, untaken from almanac_private.look_at_jobs($1, $2)',
        [Object.keys(tasks), dueFor === null ? null : `${dueFor} milliseconds`],
      )
      return { taskNumbers: row?.task_numbers ?? null, untaken: row?.untaken ?? null }
    },
    renewTasks: () => renew(tasks),
    async note(stall) {
      const lasted = stall && `${stall.lasted} milliseconds`
      const workerId = await membership.workerId()
      await query('select almanac_private.note_stall($1, $2, $3)', [workerId, lasted, stall?.reason ?? null])
    },
    giveUp: ({ reason }) => options.giveUp(reason),
  })

  async function sayGoodbye(): Promise<void> {
    await stopped
    await Promise.all([notifier, logNotifier, progressNotifier].map((one) => one.flush()))
    await failedJobs.flush()
    await journals.flush(LONGEST_FLUSH)
    const lostBecause = !orderly
      ? 'Its pool of jobs failed.'
      : !(await recorder.settled(LONGEST_SETTLING))
        ? 'It ended before the end of each of its runs could be recorded.'
        : null
    await membership.leave({ lostBecause })
    await drained
    await tended
  }

  const session: PoolSession = {
    async registered() {
      await membership.workerId()
    },
    run({ identifier, task = builtins[identifier] }, payload, helpers) {
      if (!task) throw new Error(`There is no task ${identifier}.`)
      return recorder.run(identifier, task, payload, helpers)
    },
    wake,
    broken() {
      orderly = false
    },
    drain() {
      ticking = () => false
      watch.stop()
      sharing.stop()
      groupLine.stop()
      stopped = ticker?.stop()
      drained = membership.drain()
    },
    async leave() {
      if (!(await endsWithin(LONGEST_LEAVE, sayGoodbye())))
        log(
          'warning',
          'The database is not responding while the worker stops: others will notice that its heartbeats have stopped.',
        )
      unwatch()
      await pulse.stop()
      await options.end()
    },
  }
  sessions.set(pool.abortSignal, session)
  return session
}

/** All that a run's log, result and error must not have, by the name that stands in its place. */
function secretsOf({ http, email, url, directUrl, sqlUrl = '' }: SessionOptions): NamedSecret[] {
  const password = email?.server.login?.password ?? ''
  return [
    ...http.secrets,
    ...(password === '' ? [] : [[EMAIL_URL, { value: password }] as const]),
    ...[url, directUrl].flatMap((each) => databaseSecrets('DATABASE_URL', each)),
    ...databaseSecrets('ALMANAC_SQL_URL', sqlUrl),
  ]
}

/** Graphile Worker asks for the numbers of its tasks when the list of their names reads otherwise than before. */
function renew(tasks: TaskList): void {
  for (const [identifier, task] of Object.entries(tasks).slice(0, 1)) {
    delete tasks[identifier]
    tasks[identifier] = task
  }
}

async function connect(config: ClientConfig, log: Log): Promise<Client> {
  const client = new DatabaseClient({
    ...config,
    limits: ENGINE_LIMITS,
    query_timeout: LONGEST_CALL,
  })
  await client.connect()
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  if (rows[0]?.pid !== Reflect.get(client, 'processID'))
    log(
      'warning',
      'The ticker is connected through a pooler. If that pools transactions, nothing wakes the ticker, and no jobs are taken where prepared statements get lost: set ALMANAC_DIRECT_URL to a direct connection.',
    )
  return client
}
