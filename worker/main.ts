import type { Pool } from 'pg'
import { EventEmitter } from 'node:events'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { getTasks, run, type TaskList, type WorkerEvents, type WorkerPool } from 'graphile-worker'
import { openConnections } from '../process/connections.ts'
import type { Log } from '../process/log.ts'
import { graphileLogger } from './graphileLog.ts'
import { almanacPreset, type AlmanacOptions } from './preset.ts'
import { queryOn } from '../process/query.ts'
import { addBuiltinNames, readRunTasks } from './runTasks.ts'
import { superviseRunner, type Running } from './pool/supervisor.ts'

/** Settings of a worker process. */
export interface WorkerSettings extends AlmanacOptions {
  readonly connectionString: string
  readonly concurrency: number
  /** Folder with one file per task; a missing one means that there are none. */
  readonly taskDirectory: string
  readonly log: Log
  /** Tasks besides those of the folder. */
  readonly tasks?: TaskList
}

/** A running worker. */
export interface Worker {
  /** Resolves when it takes no jobs whatever is tried, with the reason: it can no longer work. */
  readonly failed: Promise<Error>
  /** Lets running jobs end, asks those to stop that do not, and hands back what is left; returns within 25 s. */
  close(): Promise<void>
}

/** Starts a worker that takes runs and fires schedules, and keeps it going until it is closed. */
export async function startWorker(settings: WorkerSettings): Promise<Worker> {
  const { taskDirectory, log, connectionString, concurrency } = settings
  /** Whether the pool of the moment was abandoned. */
  let hasStalled = false
  /** The connections of the pool of the moment. */
  let connections: Pool | undefined
  const preset: GraphileConfig.Preset = {
    extends: [
      almanacPreset({
        ...settings,
        onStalled: () => (hasStalled = true),
        isCrowded: () => connections?.idleCount === 0 && connections.waitingCount > 0,
      }),
    ],
    worker: { schema: 'graphile_worker', localQueue: { size: 2 * concurrency } },
  }
  const logger = graphileLogger(log)
  const loaded = await loadTasks()
  const hasCrontab = await stat(join(process.cwd(), 'crontab')).then(
    () => true,
    () => false,
  )
  const taskList = { ...loaded, ...settings.tasks }

  async function loadTasks(): Promise<TaskList> {
    if (!(await isFolder(taskDirectory))) {
      log('info', `There is no folder ${taskDirectory}: only the built-in tasks are available.`)
      return {}
    }
    return (await getTasks({ preset, logger }, taskDirectory)).tasks
  }

  async function start(): Promise<Running> {
    hasStalled = false
    // Ours to end: Graphile Worker does not wait for the end of a pool that it made.
    const { pool, end } = openConnections({
      connectionString,
      max: Math.min(20, Math.max(10, concurrency)),
      isFrugal: true,
      application_name: 'almanac worker',
    })
    connections = pool
    let workerPool: WorkerPool | undefined
    const events: WorkerEvents = new EventEmitter()
    events.once('pool:create', (event) => {
      workerPool = event.workerPool
    })
    try {
      // Refused at once, if it is; they are added when the pool is registered, to a list of its own.
      await readRunTasks(taskList, queryOn(pool))
      const ownList = { ...taskList }
      addBuiltinNames(ownList)
      return {
        runner: await run({
          preset,
          logger,
          pgPool: pool,
          taskList: ownList,
          events,
          ...(hasCrontab ? {} : { parsedCronItems: [] }),
          noHandleSignals: true,
        }),
        end,
        force: () =>
          void Promise.resolve(workerPool?.forcefulShutdown('It did not end')).catch(() => undefined),
        hasStalled: () => hasStalled,
      }
    } catch (error) {
      await end()
      throw error
    }
  }

  return superviseRunner({ start, log })
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false
}
