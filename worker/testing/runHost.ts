import { run, type ParsedCronItem, type TaskList } from 'graphile-worker'
import { graphileLogger } from '../log.ts'
import { almanacPreset, type AlmanacOptions } from '../preset.ts'
import type { TestWorker } from './startTestWorker.ts'

/** What a host adds to the preset. */
export type HostSettings = AlmanacOptions & { parsedCronItems?: ParsedCronItem[] }

/** A task of a host's: it knows nothing of runs. */
export type HostTask = (payload: never, helpers: never) => unknown

/** Starts Graphile Worker as a host does that extends the preset, with its own tasks and crontab, and nothing else of ours. */
export async function runHost(
  connectionString: string,
  tasks: Readonly<Record<string, HostTask>> = {},
  { parsedCronItems = [], ...options }: HostSettings = {},
): Promise<TestWorker> {
  const messages: string[] = []
  const log = (level: string, message: string) => messages.push(`${level}: ${message}`)
  const runner = await run({
    preset: { extends: [almanacPreset({ log, concurrency: 4, ...options })] },
    connectionString,
    logger: graphileLogger(log),
    noHandleSignals: true,
    taskList: tasks as TaskList,
    parsedCronItems,
  })
  let stopped: Promise<void> | undefined
  return { messages, close: () => (stopped ??= runner.stop()) }
}
