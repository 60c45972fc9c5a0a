import type { TaskList, WithPgClient, WorkerPluginContext, WorkerPool } from 'graphile-worker'
import { openConnections } from '../process/connections.ts'
import { HEARTBEAT_INTERVAL } from '../shared/heartbeat.ts'
import { DEFAULT_BUSY_LIMIT, DEFAULT_SQL_CONNECTIONS, ENGINE_LIMITS } from './defaults.ts'
import { boundEnding, type Ending } from './pool/ending.ts'
import { guardAgainstFloods } from './pool/floodGuard.ts'
import { describeError, type Log } from '../process/log.ts'
import { logTo } from './graphileLog.ts'
import { guardAgainstFalseMigrations } from './pool/newerSchema.ts'
import { createIsolating, type Isolating } from './isolation/isolating.ts'
import { nudgeOf } from './pool/nudging.ts'
import { followPool, type PoolActivity } from './pool/poolActivity.ts'
import { readCrontab } from './membership/crontab.ts'
import { persist, queryOn, type Query } from '../process/query.ts'
import { guardReleaseOfJobs } from './pool/localQueue.ts'
import { untilAdopted } from './pool/place.ts'
import { catalogueTasks, taskFilesPlugin } from './registry.ts'
import type { TaskCatalogue } from './taskMetadata.ts'
import { readRunTasks, RefusedError, type RunTasks } from './runTasks.ts'
import { requireSamePlace } from './pool/samePlace.ts'
import { openSession, type PoolSession } from './session.ts'
import { archiveDirectory } from './tasks/archive.ts'
import { readEmailSettings, type EmailSettings } from './tasks/email/settings.ts'
import { schedulesAtStart } from './code/schedulesAtStart.ts'
import { readHttpSettings, type HttpSettings } from './tasks/http/settings.ts'

/** Settings of the preset. Those of Graphile Worker (concurrency, queue, schema, …) stay as the host has them. */
export interface AlmanacOptions {
  /** Jobs that the worker does at once, as `worker.concurrentJobs` of Graphile Worker, whose default is 1. */
  readonly concurrency?: number
  /** Database URL. Default: that of the Graphile Worker set-up, otherwise DATABASE_URL. */
  readonly connectionString?: string
  /** The same database without a transaction pooler between, for LISTEN. Default: ALMANAC_DIRECT_URL. */
  readonly directUrl?: string
  /** Login that `almanac:sql` uses. Default: ALMANAC_SQL_URL, otherwise the login that migrate made. */
  readonly sqlUrl?: string
  /** Statements of `almanac:sql` run at once, each on a connection of its own. Default: DEFAULT_SQL_CONNECTIONS. */
  readonly sqlConnections?: number
  /** Addresses and secrets of `almanac:http`. Default: what ALMANAC_HTTP_ALLOW and ALMANAC_SECRET_… say. */
  readonly http?: HttpSettings
  /** Folder for the runs that retention removes, if they are to be archived. Default: ALMANAC_ARCHIVE_DIR, else none. */
  readonly archiveDirectory?: string
  /** Folder of cgroup v2 that is delegated to the worker's user, for tasks with a limit on memory. Default: ALMANAC_CGROUP, else none. */
  readonly cgroup?: string
  /** The mail server of `almanac:email`; null: none. Default: what ALMANAC_EMAIL_URL and its kin say. */
  readonly email?: EmailSettings | null
  /** Fire schedules at the instant they are due. Without it their jobs fire them, up to some seconds late. Default true. */
  readonly ticker?: boolean
  /** Milliseconds between looks for jobs that are due, but were not announced. Default: Graphile Worker's 2000. */
  readonly pollInterval?: number
  /** Milliseconds between heartbeats. Default 5000. */
  readonly heartbeatInterval?: number
  /** Milliseconds after which a connection that has not answered is taken for lost. Default 30,000. Repairs may take five minutes. */
  readonly answerWithin?: number
  /** Milliseconds that a task may hold the CPU without a pause: then the worker is abandoned. Default 60000. */
  readonly busyLimit?: number
  /** The process is the worker's alone, and is killed when the worker is abandoned for that. Default false: a host's own continues. */
  readonly ownsProcess?: boolean
  /** Name of this installation: in the database of another it is held. Default: ALMANAC_ENVIRONMENT, otherwise none. */
  readonly environment?: string
  /** File of schedules in code, applied when the worker starts. Default: ALMANAC_SCHEDULES, otherwise none. */
  readonly schedules?: string
  /** Their version, where the file does not say it. Default: ALMANAC_SCHEDULES_VERSION, otherwise when the file changed. */
  readonly schedulesVersion?: string
  /** Milliseconds after which a pool that could take jobs, and does not, is abandoned. Default 30,000; at least six poll intervals. */
  readonly stalledAfter?: number
  /**
   * A pool that is abandoned as it takes no jobs is shut down: at once where this is given, so that the one who is told
   * starts another; otherwise when none of its jobs is running, and the process will end with code 1.
   */
  readonly onStalled?: (reason: string) => void
  /** Whether tasks hold all connections of the pool, which is then not abandoned. Default: it is not known. */
  readonly isCrowded?: () => boolean
  /** Default: Graphile Worker's logger. */
  readonly log?: Log
}

/**
 * The preset that makes a Graphile Worker set-up a worker of Almanac's: in graphile.config.ts,
 * `extends: [WorkerPreset, almanacPreset()]`. The host's own tasks, jobs and settings stay as they are.
 */
export function almanacPreset(options: AlmanacOptions = {}): GraphileConfig.Preset {
  const { concurrency, pollInterval, connectionString } = options
  const catalogue: TaskCatalogue = new Map()
  /** Of the set-up that the preset is part of, once that is resolved. */
  let workersUrl: string | undefined
  const isolating = createIsolating({
    cgroup: options.cgroup ?? setting('ALMANAC_CGROUP'),
    connectionString: () => connectionString ?? workersUrl ?? setting('DATABASE_URL'),
  })
  return {
    plugins: [
      taskFilesPlugin(catalogue, options.log, isolating),
      sessionPlugin(options, catalogue, isolating, (url) => (workersUrl = url)),
    ],
    worker: {
      ...(concurrency !== undefined && { concurrentJobs: concurrency }),
      ...(pollInterval !== undefined && { pollInterval }),
      ...(connectionString !== undefined && { connectionString }),
      ...(goesThroughPooler(options) && { preparedStatements: false }),
    },
  }
}

/** What happens to a pool. */
interface Opening {
  /** Resolves when its workers may continue: the session is open, or the pool is stopped. */
  readonly done: Promise<void>
  readonly stop: AbortController
  readonly activity: PoolActivity
  readonly ending: Ending
  session?: PoolSession
  /** Why it must not run, or continue. */
  refusal?: Error
}

const ANSWER_WITHIN = 30_000
/** Milliseconds in which Graphile Worker deletes a job that has ended. */
const QUEUE_FREE_AFTER = 50

const openings = new WeakMap<WorkerPool, Opening>()
/** The set-ups whose crontab is fired, by their resolved presets: Graphile Worker copies its contexts. */
const crontabs = new WeakSet<object>()

/**
 *   new pool ──its first worker──► opening ──► open ──────────► draining ──► left
 *                                   │  ▲  └──► refused ──► stopped, and the process will end with 1
 *                                 held, in a copy of a database that no one has adopted
 *
 * No worker of a pool fetches a job of a run before the session is open and the pool is registered: their names are added
 * to the task list then.
 */
function sessionPlugin(
  options: AlmanacOptions,
  catalogue: TaskCatalogue,
  isolating: Isolating,
  onUrl: (url: string | undefined) => void,
): GraphileConfig.Plugin {
  async function open(
    opening: Omit<Opening, 'done'>,
    ctx: WorkerPluginContext,
    workerPool: WorkerPool,
    tasks: TaskList,
    withPgClient: WithPgClient,
  ): Promise<void> {
    const log = options.log ?? logTo(ctx.logger)
    try {
      const { url, directUrl } = addresses(options, ctx.resolvedPreset.worker.connectionString)
      requireSchema(ctx.workerSchema)
      const archive = await archiveDirectory(options.archiveDirectory ?? setting('ALMANAC_ARCHIVE_DIR'))
      const { query, patient, end } = openQuery(url, options.answerWithin ?? ANSWER_WITHIN)
      const heartbeatInterval = options.heartbeatInterval ?? HEARTBEAT_INTERVAL
      const runTasks = await prepare(tasks, withPgClient, query, {
        environment: options.environment ?? setting('ALMANAC_ENVIRONMENT'),
        interval: heartbeatInterval,
        log,
        signal: opening.stop.signal,
      })
        .then((runTasks) => {
          catalogueTasks(tasks, runTasks.identifiers, catalogue)
          return runTasks
        })
        .catch(async (error: unknown) => {
          await end()
          throw error
        })
      const session = openSession(workerPool, runTasks.identifiers, {
        query,
        patient,
        end,
        concurrency: ctx.resolvedPreset.worker.concurrentJobs ?? 1,
        url,
        directUrl,
        isPooled: directUrl !== url,
        sqlUrl: options.sqlUrl ?? setting('ALMANAC_SQL_URL'),
        sqlConnections: options.sqlConnections ?? DEFAULT_SQL_CONNECTIONS,
        http: options.http ?? readHttpSettings(process.env),
        archiveDirectory: archive,
        email: options.email === undefined ? readEmailSettings(process.env) : options.email,
        ticker: options.ticker ?? true,
        heartbeatInterval,
        busyLimit: options.busyLimit ?? DEFAULT_BUSY_LIMIT,
        ownsProcess: options.ownsProcess ?? false,
        tasks,
        activity: opening.activity,
        pollInterval: ctx.resolvedPreset.worker.pollInterval ?? 2_000,
        stalledAfter: options.stalledAfter ?? 30_000,
        isCrowded: options.isCrowded,
        giveUp: (reason) => giveUp(opening, workerPool, reason, log),
        catalogue,
        onAnnounced: schedulesAtStart({
          file: options.schedules ?? setting('ALMANAC_SCHEDULES'),
          version: options.schedulesVersion ?? setting('ALMANAC_SCHEDULES_VERSION'),
          query: patient,
          log,
        }),
        crontab: crontabs.has(ctx.resolvedPreset) ? await readCrontab(ctx, log) : null,
        log,
      })
      opening.session = session
      isolating.explain(log)
      ctx.events.on('pool:fatalError', (event) => {
        if (event.workerPool === workerPool) session.broken()
      })
      ctx.events.on('job:complete', ({ worker, job }) => {
        if (worker.workerPool !== workerPool || !job.key?.startsWith('run:')) return
        // No one is told that the next of its queue is free, which it is once this job is deleted, nor when others are
        // due that wait for a slot: other workers may have put them back.
        if (job.job_queue_id !== null) setTimeout(() => nudgeOf(workerPool)(1), QUEUE_FREE_AFTER).unref()
        else if (job.flags?.['almanac:waits_for_slot']) nudgeOf(workerPool)(1)
      })
      // Jobs that a pool locks which no one knows would stay locked for hours if it were killed now.
      await session.registered()
      runTasks.add()
      workerPool.nudge(1)
    } catch (error) {
      if (opening.stop.signal.aborted) return
      refuse(opening, workerPool, `The worker does not start: ${describeError(error)}`, log, error)
      process.exitCode ||= 1
    }
  }

  /** A pool that takes no jobs is of no use, unless some that it has taken still run and no one will start another. */
  function giveUp(opening: Omit<Opening, 'done'>, workerPool: WorkerPool, reason: string, log: Log): void {
    const { onStalled } = options
    if (opening.refusal || (!onStalled && opening.activity.running > 0)) return
    opening.session?.broken()
    if (onStalled) onStalled(reason)
    else process.exitCode ||= 1
    refuse(opening, workerPool, `The worker's pool takes no jobs and is replaced: ${reason}`, log)
  }

  return {
    name: 'AlmanacPlugin',
    version: '0.1.0',
    worker: {
      hooks: {
        startWorker(ctx, { worker: { workerPool }, tasks, withPgClient }) {
          let opening = openings.get(workerPool)
          if (!opening) {
            const { concurrentJobs: concurrency = 1 } = ctx.resolvedPreset.worker
            const activity = followPool(workerPool, { events: ctx.events, concurrency })
            const ending = boundEnding(() => activity.running)
            const begun = { stop: new AbortController(), activity, ending }
            opening = Object.assign(begun, {
              done: Promise.resolve().then(() => open(begun, ctx, workerPool, tasks, withPgClient)),
            })
            openings.set(workerPool, opening)
          }
          return opening.done
        },
      },
      middleware: {
        init(next, { ctx }) {
          const { resolvedPreset } = ctx
          onUrl(resolvedPreset.worker.connectionString)
          guardAgainstFalseMigrations(ctx)
          guardAgainstFloods(ctx)
          guardReleaseOfJobs(ctx)
          noteCrontab(ctx)
          // Not waited for, unless they are batched: a job that ends while its pool stops would stay locked for hours.
          resolvedPreset.worker.completeJobBatchDelay ??= 0
          resolvedPreset.worker.failJobBatchDelay ??= 0
          // The library's command line says true where nothing was asked for, over what the preset says.
          const { connectionString } = resolvedPreset.worker
          if (goesThroughPooler(options, connectionString)) resolvedPreset.worker.preparedStatements = false
          return next()
        },
        async poolGracefulShutdown(next, { workerPool }) {
          const opening = openings.get(workerPool)
          if (!opening) return next()
          const { stop, activity, ending, session } = opening
          stop.abort()
          session?.drain()
          let hasEnded = false
          try {
            hasEnded = await ending.wait(next)
          } finally {
            activity.stop()
            isolating.endIdle()
            if (!hasEnded) session?.broken()
            await session?.leave()
          }
          if (opening.refusal) throw opening.refusal
        },
        async poolForcefulShutdown(next, { workerPool }) {
          const ending = openings.get(workerPool)?.ending
          if (!ending) return next()
          ending.giveUpJobs()
          let result: Awaited<ReturnType<WorkerPool['forcefulShutdown']>> = { forceFailedJobs: [] }
          await ending.wait(async () => {
            result = await next()
          })
          return result
        },
      },
    },
  }
}

function refuse(
  opening: Omit<Opening, 'done'>,
  workerPool: WorkerPool,
  message: string,
  log: Log,
  cause?: unknown,
): void {
  opening.refusal = new Error(message, { cause })
  log('error', message)
  void Promise.resolve(workerPool.gracefulShutdown(message)).catch(() => undefined)
}

async function prepare(
  tasks: TaskList,
  withPgClient: WithPgClient,
  query: Query,
  {
    log,
    signal,
    ...place
  }: { log: Log; signal: AbortSignal; environment: string | undefined; interval: number },
): Promise<RunTasks> {
  const isFinal = (error: unknown) => error instanceof RefusedError
  await persist('Checking which database the pool uses', () => requireSamePlace(withPgClient, query), {
    log,
    signal,
    isFinal,
  })
  const runTasks = await persist("Reading the names of Almanac's tasks", () => readRunTasks(tasks, query), {
    log,
    signal,
    isFinal,
  })
  await untilAdopted({ query, log, signal, ...place })
  signal.throwIfAborted()
  return runTasks
}

/** Notes that a set-up fires a crontab, by its event: one that runs jobs once does not. Others may use the same emitter. */
function noteCrontab({
  events,
  resolvedPreset,
}: Pick<WorkerPluginContext, 'events' | 'resolvedPreset'>): void {
  events.on('cron:starting', function note({ ctx }) {
    if (ctx.resolvedPreset !== resolvedPreset) return
    crontabs.add(resolvedPreset)
    events.off('cron:starting', note)
  })
}

function addresses(
  options: AlmanacOptions,
  workersUrl: string | undefined,
): { url: string; directUrl: string } {
  const url = options.connectionString ?? workersUrl ?? setting('DATABASE_URL')
  if (!url)
    throw new Error('It has no database URL. Set DATABASE_URL, or pass connectionString to almanacPreset().')
  return { url, directUrl: sessionUrl(options) ?? url }
}

function sessionUrl(options: AlmanacOptions): string | undefined {
  return options.directUrl ?? setting('ALMANAC_DIRECT_URL')
}

/** A session connection is named next to another only where that one goes through a transaction pooler. */
function goesThroughPooler(options: AlmanacOptions, workersUrl?: string): boolean {
  const directUrl = sessionUrl(options)
  const url = options.connectionString ?? workersUrl ?? setting('DATABASE_URL')
  return directUrl !== undefined && directUrl !== url
}

function requireSchema(schema: string): void {
  if (schema === 'graphile_worker') return
  throw new Error(
    `It looks for jobs in the schema ${schema}, but Almanac adds them to graphile_worker. Unset GRAPHILE_WORKER_SCHEMA.`,
  )
}

/** An empty variable counts as unset. */
function setting(name: string): string | undefined {
  return process.env[name] || undefined
}

/** Connections of our own: a host's tasks may hold all of the pool's, and a missed heartbeat costs the worker its runs. */
function openQuery(
  connectionString: string,
  answerWithin: number,
): { query: Query; patient: Query; end: () => Promise<void> } {
  const { pool, end } = openConnections({
    connectionString,
    max: 4,
    idleTimeoutMillis: 0,
    isFrugal: true,
    application_name: 'almanac worker',
    limits: ENGINE_LIMITS,
  })
  return { query: queryOn(pool, answerWithin), patient: queryOn(pool), end }
}
