import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { getTasks, run, type TaskList } from 'graphile-worker'
import { Pool } from 'pg'
import { DatabaseClient } from './client.ts'
import { graphileLogger, type Log } from './log.ts'
import { almanacPreset, type AlmanacOptions } from './preset.ts'
import { queryOn } from './query.ts'
import { addRunTasks } from './runTasks.ts'
import { superviseRunner, type Running } from './supervisor.ts'

/** Settings of a worker process. */
export interface WorkerSettings extends AlmanacOptions {
  readonly connectionString: string
  readonly concurrency: number
  /** Folder with one file per task; a missing one means that there are none. */
  readonly taskDirectory: string
  readonly log: Log
  /** Tasks beside those of the folder. */
  readonly tasks?: TaskList
}

/** A running worker. */
export interface Worker {
  /** Lets running jobs end, asks those to stop that do not, and hands back what is left. */
  close(): Promise<void>
}

/** Starts a worker that takes runs and fires schedules, and keeps it going until it is closed. */
export async function startWorker(settings: WorkerSettings): Promise<Worker> {
  const { taskDirectory, log, connectionString, concurrency } = settings
  const preset: GraphileConfig.Preset = {
    extends: [almanacPreset(settings)],
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
      log('info', `There is no folder ${taskDirectory}: only the built-in tasks are known.`)
      return {}
    }
    return (await getTasks({ preset, logger }, taskDirectory)).tasks
  }

  async function start(): Promise<Running> {
    const pgPool = openPool(connectionString, Math.min(20, Math.max(10, concurrency)))
    const end = () => pgPool.end()
    try {
      await addRunTasks(taskList, queryOn(pgPool))
      return {
        runner: await run({
          preset,
          logger,
          pgPool,
          taskList,
          ...(hasCrontab ? {} : { parsedCronItems: [] }),
          noHandleSignals: true,
        }),
        end,
      }
    } catch (error) {
      await end()
      throw error
    }
  }

  return superviseRunner({ start, log })
}

/**
 * A pool that is ours to end: Graphile Worker does not wait for the end of one that it made, so that the database
 * stopping next would still meet open connections, with nobody left to hear their errors.
 */
function openPool(connectionString: string, max: number): Pool {
  const pool = new Pool({
    Client: DatabaseClient,
    connectionString,
    max,
    keepAlive: true,
    application_name: 'almanac worker',
  })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false
}
