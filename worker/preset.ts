import { WorkerPreset, type JobHelpers, type Task, type TaskList, type WorkerPool } from 'graphile-worker'
import { Pool, type QueryResultRow } from 'pg'
import { DatabaseClient } from './client.ts'
import { DEFAULT_BUSY_LIMIT, DEFAULT_CONCURRENCY, DEFAULT_SQL_CONNECTIONS } from './defaults.ts'
import { describeError, logTo, type Log } from './log.ts'
import type { Query } from './query.ts'
import { taskFilesPlugin, type TaskCatalogue } from './registry.ts'
import { BUILTIN_TASKS, openSession, type PoolSession } from './session.ts'

/** Settings of the preset. Those of Graphile Worker (database, poll interval, schema) stay where they are. */
export interface AlmanacOptions {
  /** Jobs run at once; the local queue holds twice as many. Default: DEFAULT_CONCURRENCY. */
  readonly concurrency?: number
  /** Database URL. Default: that of the Graphile Worker set-up, else DATABASE_URL. */
  readonly connectionString?: string
  /** The same database without a transaction pooler between, for LISTEN. Default: ALMANAC_DIRECT_URL. */
  readonly directUrl?: string
  /** Login that `almanac:sql` uses. Default: ALMANAC_SQL_URL, else the login that migrate made. */
  readonly sqlUrl?: string
  /** Statements of `almanac:sql` run at once, each on a connection of its own. Default: DEFAULT_SQL_CONNECTIONS. */
  readonly sqlConnections?: number
  /** Fire schedules at the instant they are due. Without it their jobs fire them, up to some seconds late. Default true. */
  readonly ticker?: boolean
  /** Milliseconds between looks for jobs that are due, but were not announced. Default 2000. */
  readonly pollInterval?: number
  /** Milliseconds between heartbeats. Default 5000. */
  readonly heartbeatInterval?: number
  /** Milliseconds that a task may hold the CPU without a pause: then the worker is given up. Default 60000. */
  readonly busyLimit?: number
  /** The process is the worker's alone, and is killed when the worker is given up for that. Default false: a host's own goes on. */
  readonly ownsProcess?: boolean
  /** Default: Graphile Worker's logger. */
  readonly log?: Log
}

/**
 * The preset that makes a Graphile Worker set-up a worker of Almanac's: in graphile.config.ts,
 * `extends: [WorkerPreset, almanacPreset()]`. The host's own tasks and jobs stay as they are.
 */
export function almanacPreset(options: AlmanacOptions = {}): GraphileConfig.Preset {
  const concurrency = options.concurrency ?? DEFAULT_CONCURRENCY
  const isPooled = goesThroughPooler(options)
  const catalogue: TaskCatalogue = new Map()
  return {
    extends: [WorkerPreset],
    plugins: [taskFilesPlugin(catalogue, options.log), sessionPlugin(options, concurrency, catalogue)],
    worker: {
      concurrentJobs: concurrency,
      pollInterval: options.pollInterval ?? 2_000,
      localQueue: { size: 2 * concurrency },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
      preparedStatements: !isPooled,
      ...(options.connectionString === undefined ? {} : { connectionString: options.connectionString }),
    },
  }
}

/**
 * A copy of a task list in which Almanac records every run, for hosts whose own list is frozen. Where it is not,
 * the preset sees to it.
 */
export function recordTasks(tasks: TaskList): TaskList {
  const copy = { ...tasks }
  addRecording(copy)
  return copy
}

/** The sessions of living pools, by the abort signal that a pool's jobs are given. */
const sessions = new WeakMap<AbortSignal, PoolSession>()
const recorded = new WeakSet<Task>()

function sessionPlugin(
  options: AlmanacOptions,
  concurrency: number,
  catalogue: TaskCatalogue,
): GraphileConfig.Plugin {
  const met = new WeakSet<WorkerPool>()
  return {
    name: 'AlmanacPlugin',
    version: '0.1.0',
    worker: {
      hooks: {
        startWorker(ctx, { worker: { workerPool }, tasks }) {
          if (met.has(workerPool)) return
          met.add(workerPool)
          const log = options.log ?? logTo(ctx.logger)
          try {
            const { url, directUrl } = addresses(options, ctx.resolvedPreset.worker.connectionString)
            requireSchema(ctx.workerSchema)
            addRecording(tasks)
            const { query, end } = openQuery(url)
            const session = openSession(workerPool, tasks, {
              query,
              end,
              concurrency: ctx.resolvedPreset.worker.concurrentJobs ?? concurrency,
              url,
              directUrl,
              isPooled: directUrl !== url,
              sqlUrl: options.sqlUrl ?? setting('ALMANAC_SQL_URL'),
              sqlConnections: options.sqlConnections ?? DEFAULT_SQL_CONNECTIONS,
              ticker: options.ticker ?? true,
              heartbeatInterval: options.heartbeatInterval ?? 5_000,
              busyLimit: options.busyLimit ?? DEFAULT_BUSY_LIMIT,
              ownsProcess: options.ownsProcess ?? false,
              catalogue,
              log,
            })
            sessions.set(workerPool.abortSignal, session)
            ctx.events.on('pool:fatalError', (event) => {
              if (event.workerPool === workerPool) session.broken()
            })
            workerPool.nudge(1)
          } catch (error) {
            log('error', `Almanac does not record the runs of this worker: ${describeError(error)}`)
          }
        },
      },
      middleware: {
        async poolGracefulShutdown(next, { workerPool }) {
          const session = sessions.get(workerPool.abortSignal)
          session?.drain()
          try {
            return await next()
          } finally {
            await session?.leave()
          }
        },
      },
    },
  }
}

/** Puts the recorder around every task of the list, and the built-in tasks into it. */
function addRecording(tasks: TaskList): void {
  if (
    BUILTIN_TASKS.every((identifier) => isRecorded(tasks[identifier])) &&
    Object.values(tasks).every(isRecorded)
  )
    return
  if (Object.isFrozen(tasks)) {
    throw new Error('The task list is frozen. Give Graphile Worker recordTasks(tasks) in its place.')
  }
  for (const identifier of BUILTIN_TASKS) {
    tasks[identifier] = wrap((session, payload, helpers) => session.runBuiltin(identifier, payload, helpers))
  }
  for (const [identifier, task] of Object.entries(tasks)) {
    if (task && !isRecorded(task)) tasks[identifier] = wrap((session, ...job) => session.run(task, ...job))
  }
}

function wrap(run: (session: PoolSession, payload: unknown, helpers: JobHelpers) => unknown): Task {
  const task: Task = (payload, helpers) => {
    const session = sessions.get(helpers.abortSignal)
    if (!session)
      throw new Error('This pool is without Almanac. Add almanacPreset() to what its preset extends.')
    return run(session, payload, helpers) as ReturnType<Task>
  }
  recorded.add(task)
  return task
}

function isRecorded(task: Task | undefined): boolean {
  return task !== undefined && recorded.has(task)
}

function addresses(
  options: AlmanacOptions,
  workersUrl: string | undefined,
): { url: string; directUrl: string } {
  const url = options.connectionString ?? workersUrl ?? setting('DATABASE_URL')
  if (!url)
    throw new Error('It has no database URL. Set DATABASE_URL, or give almanacPreset() a connectionString.')
  return { url, directUrl: sessionUrl(options) ?? url }
}

function sessionUrl(options: AlmanacOptions): string | undefined {
  return options.directUrl ?? setting('ALMANAC_DIRECT_URL')
}

/** A session connection is named beside another only where that one goes through a transaction pooler. */
function goesThroughPooler(options: AlmanacOptions): boolean {
  const directUrl = sessionUrl(options)
  return directUrl !== undefined && directUrl !== (options.connectionString ?? setting('DATABASE_URL'))
}

function requireSchema(schema: string): void {
  if (schema === 'graphile_worker') return
  throw new Error(
    `It looks for jobs in the schema ${schema}, Almanac adds them in graphile_worker. Unset GRAPHILE_WORKER_SCHEMA.`,
  )
}

/** An empty variable counts as unset. */
function setting(name: string): string | undefined {
  return process.env[name] || undefined
}

/** Connections of our own: a host's tasks may hold all of the pool's, and a missed heartbeat costs the worker its runs. */
function openQuery(connectionString: string): { query: Query; end: () => Promise<void> } {
  const pool = new Pool({
    Client: DatabaseClient,
    connectionString,
    max: 4,
    idleTimeoutMillis: 0,
    keepAlive: true,
    application_name: 'almanac worker',
  })
  pool.on('error', () => undefined)
  return {
    query: async <Row extends QueryResultRow>(text: string, values?: unknown[]) =>
      (await pool.query<Row>(text, values)).rows,
    end: () => pool.end(),
  }
}
