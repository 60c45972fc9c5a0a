import { Logger } from 'graphile-worker'

/** Where messages for whoever runs the worker go. */
export type Log = (level: 'error' | 'warning' | 'info' | 'debug', message: string) => void

/** Said of a pool smaller than the concurrency, which is meant so: with a local queue few connections do. */
const SMALL_POOL = /^WARNING: having maxPoolSize/

/** Graphile Worker's logger on top of ours; its one line per finished job counts as detail. */
export function graphileLogger(log: Log): Logger {
  return new Logger((scope) => (level, message, meta) => {
    const detail = (level === 'info' && meta?.['success'] === true) || SMALL_POOL.test(message)
    const task = 'taskIdentifier' in scope ? `${String(scope.taskIdentifier)}: ` : ''
    log(detail ? 'debug' : level, task + message)
  })
}

/** Our messages in Graphile Worker's logger. */
export function logTo(logger: Logger): Log {
  return (level, message) => logger[level === 'warning' ? 'warn' : level](message)
}

/** A message for a person: that of the error and of its causes, and what PostgreSQL adds to them. */
export function describeError(error: unknown): string {
  const parts: string[] = []
  const seen = new Set<unknown>()
  for (let at = error; at !== undefined && at !== null && !seen.has(at); at = causeOf(at)) {
    seen.add(at)
    parts.push(describeOne(at))
  }
  return parts.join('\ncaused by: ')
}

function describeOne(error: unknown): string {
  if (!(error instanceof Error))
    return typeof error === 'string' ? error : `Not an Error: ${JSON.stringify(error)}`
  const details = ['detail', 'hint', 'where', 'code'].flatMap((key) => {
    const value: unknown = (error as unknown as Record<string, unknown>)[key]
    return typeof value === 'string' && value !== '' ? [`${key}: ${value}`] : []
  })
  return [error.message || error.name, ...details].join('\n')
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined
}
