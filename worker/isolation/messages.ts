import type { Job } from 'graphile-worker'
import type { Level } from '../logs/journal.ts'
import type { Run } from '../run.ts'
import type { FlatError } from './flatError.ts'

/** What a worker tells a task's process, one JSON text a line. */
export type ToTask =
  | {
      readonly kind: 'run'
      /** Number of the attempt among those that this process serves. */
      readonly nth: number
      /** No other attempt follows in this process. */
      readonly isLast: boolean
      readonly file: string
      readonly payload: unknown
      readonly job: Omit<Job, 'payload'>
      readonly run: Run | null
    }
  | { readonly kind: 'abort'; readonly nth: number; readonly reason: string }
  | { readonly kind: 'answer'; readonly id: number; readonly value?: unknown; readonly error?: FlatError }

/** What of its worker a task's process may call. */
const CALLS = ['addJob', 'addJobs', 'getQueueName', 'connectionString'] as const
export type Call = (typeof CALLS)[number]

/** What a task's process tells its worker. The task itself may write anything there: it is read with care. */
export type FromTask = { readonly nth: number } & (
  | { readonly kind: 'log'; readonly level: Level; readonly message: string }
  | { readonly kind: 'progress'; readonly fraction: unknown; readonly note: unknown }
  | { readonly kind: 'call'; readonly id: number; readonly method: Call; readonly args: readonly unknown[] }
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }
)

const LEVELS: readonly unknown[] = ['error', 'warning', 'info', 'debug'] satisfies Level[]

/** Reads a message of a task's process; null: it is none. */
export function readFromTask(line: string): FromTask | null {
  const said = parse(line)
  if (typeof said !== 'object' || said === null || typeof (said as { nth?: unknown }).nth !== 'number')
    return null
  const { kind, level, message, id, method, args } = said as Readonly<Record<string, unknown>>
  const isSound =
    kind === 'progress' ||
    kind === 'done' ||
    kind === 'failed' ||
    (kind === 'log' && LEVELS.includes(level) && typeof message === 'string') ||
    (kind === 'call' && typeof id === 'number' && CALLS.includes(method as Call) && Array.isArray(args))
  return isSound ? (said as FromTask) : null
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
