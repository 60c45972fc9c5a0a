import { Logger } from 'graphile-worker'
import type { Log } from '../process/log.ts'

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
