import type { TaskList } from 'graphile-worker'
import type { Log } from '../../process/log.ts'
import type { RunHelpers } from '../run.ts'
import { startWorker, type Worker, type WorkerSettings } from '../main.ts'

/** A worker whose messages can be read. */
export interface TestWorker extends Omit<Worker, 'failed'> {
  readonly messages: string[]
}

/** A task of a run, or of a host's own job. */
type TestTask = (payload: never, helpers: RunHelpers) => unknown

/** Tasks and whatever else differs from the usual. */
export type TestWorkerSettings = Partial<Omit<WorkerSettings, 'tasks'>> & {
  tasks?: Readonly<Record<string, TestTask>>
}

/** Starts a worker with the tasks of a test, as the CLI does with those of a folder. */
export async function startTestWorker(
  connectionString: string,
  { tasks = {}, ...settings }: TestWorkerSettings = {},
): Promise<TestWorker> {
  const messages: string[] = []
  const log: Log = (level, message) => {
    if (level !== 'debug') messages.push(`${level}: ${message}`)
  }
  const worker = await startWorker({
    connectionString,
    concurrency: 4,
    pollInterval: 100,
    taskDirectory: '/nonexistent',
    log,
    ...settings,
    tasks: tasks as TaskList,
  })
  return { messages, close: () => worker.close() }
}
