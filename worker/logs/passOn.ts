import { Logger } from 'graphile-worker'
import type { Level } from './journal.ts'
import { messageText } from './lines.ts'
import type { Redaction } from './redaction.ts'

/** Messages and characters of one attempt that a worker's own log takes: those of others are to be found in it. */
const MOST_MESSAGES = 10_000
const MOST_TEXT = 1_000_000

const METHODS = { error: 'error', warning: 'warn', info: 'info', debug: 'debug' } as const

/**
 * A logger that tells `onMessage` what it is given, and passes the beginning of it on to another logger, without the secrets of
 * the worker.
 */
export function passOn(
  other: Logger,
  runId: string,
  redaction: Redaction | null,
  onMessage: (level: Level, message: unknown) => void,
): Logger {
  let messages = 0
  let text = 0

  function isTaken(message: unknown): boolean {
    if (isFull()) return false
    messages++
    text += typeof message === 'string' ? message.length : 0
    return true
  }

  function isFull(): boolean {
    return messages >= MOST_MESSAGES || text >= MOST_TEXT
  }

  return new Logger((scope) => {
    const through = other.scope(scope)
    return (level, message, meta) => {
      onMessage(level, message)
      if (!isTaken(message)) return
      through[METHODS[level]](redaction ? redaction.text(messageText(message)) : message, meta)
      if (isFull())
        other.warn(
          `Run ${runId} logs too much for the worker’s own log. The rest is in almanac.run_log(${runId}).`,
        )
    }
  })
}
