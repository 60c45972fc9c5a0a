import type { Job, JobHelpers, WithPgClient } from 'graphile-worker'
import type { Level } from '../../logs/journal.ts'
import { messageText } from '../../logs/lines.ts'
import type { Run } from '../../run.ts'
import { rebuild } from '../flatError.ts'
import type { Call, FromTask, ToTask } from '../messages.ts'
import { endDatabase, withClient } from './database.ts'
import { say } from './line.ts'

type Unnumbered = FromTask extends infer Message
  ? Message extends FromTask
    ? Omit<Message, 'nth'>
    : never
  : never

/** Calls of the worker that are not answered yet, at most. */
const MOST_CALLS = 100

/** What the task of one attempt is given. */
export interface ChildHelpers {
  readonly helpers: unknown
  abort(reason: string): void
  answer(answer: Extract<ToTask, { kind: 'answer' }>): void
  /** The attempt has ended, and none follows. */
  end(): Promise<void>
}

/** Makes the helpers of one attempt: what they are told goes to the worker. */
export function createChildHelpers({
  nth,
  job,
  run,
}: {
  nth: number
  job: Job
  run: Run | null
}): ChildHelpers {
  const controller = new AbortController()
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  const queue: (() => void)[] = []
  let calls = 0
  let abortPromise: Promise<void> | undefined

  const tell = (message: Unnumbered) => say({ ...message, nth })

  async function call(method: Call, args: readonly unknown[]): Promise<unknown> {
    while (waiting.size >= MOST_CALLS) await new Promise<void>((resolve) => queue.push(resolve))
    return new Promise((resolve, reject) => {
      const id = ++calls
      tell({ kind: 'call', id, method, args })
      waiting.set(id, { resolve, reject })
    })
  }

  const withOne: WithPgClient = (callback) =>
    withClient(() => call('connectionString', []) as Promise<string>, callback)
  const withPgClient = Object.assign(withOne, { withRetries: withOne })

  const helpers = {
    job: { ...job, ...datesOf(job) },
    logger: createLogger((level, message) => tell({ kind: 'log', level, message: messageText(message) })),
    abortSignal: controller.signal,
    get abortPromise() {
      return (abortPromise ??= rejectOnAbort(controller.signal))
    },
    withPgClient,
    query: (text: string, values?: unknown[]) => withPgClient((client) => client.query(text, values)),
    addJob: (...args: unknown[]) => call('addJob', args),
    addJobs: (...args: unknown[]) => call('addJobs', args),
    getQueueName: (...args: unknown[]) => call('getQueueName', args),
    ...(run && {
      run,
      progress: (fraction: unknown, note: unknown) =>
        tell({ kind: 'progress', fraction, note: typeof note === 'string' ? messageText(note) : null }),
    }),
  } satisfies Record<keyof Omit<JobHelpers, 'logger'>, unknown> & Record<string, unknown>

  return {
    helpers,
    abort: (reason) => controller.abort(new Error(reason)),
    answer({ id, value, error }) {
      if (error) waiting.get(id)?.reject(rebuild(error))
      else waiting.get(id)?.resolve(value)
      waiting.delete(id)
      queue.shift()?.()
    },
    end: endDatabase,
  }
}

function datesOf(job: Job): Partial<Job> {
  const { run_at, created_at, updated_at, locked_at } = job
  return {
    run_at: new Date(run_at),
    created_at: new Date(created_at),
    updated_at: new Date(updated_at),
    locked_at: locked_at && new Date(locked_at),
  }
}

/** As Graphile Worker's loggers are used. */
function createLogger(note: (level: Level, message: unknown) => void) {
  const logger = {
    error: (message: unknown) => note('error', message),
    warn: (message: unknown) => note('warning', message),
    info: (message: unknown) => note('info', message),
    debug: (message: unknown) => note('debug', message),
    scope: () => logger,
  }
  return logger
}

function rejectOnAbort(signal: AbortSignal): Promise<void> {
  const promise = new Promise<void>((_resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
  promise.catch(() => undefined)
  return promise
}
