import { EventEmitter } from 'node:events'
import { run, type ParsedCronItem, type TaskList, type WorkerEvents } from 'graphile-worker'
import { graphileLogger } from '../graphileLog.ts'
import { almanacPreset, type AlmanacOptions } from '../preset.ts'
import type { TestWorker } from './startTestWorker.ts'

/** What a host adds to the preset. */
export type HostSettings = AlmanacOptions & {
  parsedCronItems?: ParsedCronItem[]
  /** Listens to Graphile Worker's events. */
  monitor?: (events: WorkerEvents) => void
}

/** A task of a host's: it knows nothing of runs. */
export type HostTask = (payload: never, helpers: never) => unknown

/** Starts Graphile Worker as a host does that extends the preset, with its own tasks and crontab, and nothing else of ours. */
export async function runHost(
  connectionString: string,
  tasks: Readonly<Record<string, HostTask>> = {},
  { parsedCronItems = [], monitor, ...options }: HostSettings = {},
): Promise<TestWorker> {
  const messages: string[] = []
  const log = (level: string, message: string) => messages.push(`${level}: ${message}`)
  const events: WorkerEvents = new EventEmitter()
  monitor?.(events)
  const runner = await run({
    events,
    preset: { extends: [almanacPreset({ log, concurrency: 4, ...options })] },
    connectionString,
    logger: graphileLogger(log),
    noHandleSignals: true,
    taskList: tasks as TaskList,
    parsedCronItems,
  })
  let stopped: Promise<void> | undefined
  const ended = () => (stopped ??= Promise.resolve())
  void runner.promise.then(ended, ended)
  return { messages, close: () => (stopped ??= runner.stop()) }
}
