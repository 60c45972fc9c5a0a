import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { getTasks, run, type TaskList } from 'graphile-worker'
import { graphileLogger, type Log } from './log.ts'
import { almanacPreset, recordTasks, type AlmanacOptions } from './preset.ts'
import { superviseRunner } from './supervisor.ts'

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
  const preset = almanacPreset(settings)
  const logger = graphileLogger(log)
  const loaded = await loadTasks()
  const hasCrontab = await stat(join(process.cwd(), 'crontab')).then(
    () => true,
    () => false,
  )
  const taskList = recordTasks({ ...loaded, ...settings.tasks })

  async function loadTasks(): Promise<TaskList> {
    if (!(await isFolder(taskDirectory))) {
      log('info', `There is no folder ${taskDirectory}: only the built-in tasks are known.`)
      return {}
    }
    return (await getTasks({ preset, logger }, taskDirectory)).tasks
  }

  return superviseRunner({
    log,
    start: () =>
      run({
        preset,
        logger,
        connectionString,
        taskList,
        ...(hasCrontab ? {} : { parsedCronItems: [] }),
        maxPoolSize: Math.min(20, Math.max(10, concurrency)),
        noHandleSignals: true,
      }),
  })
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false
}
