import { format } from 'node:util'
import type { Log } from '../process/log.ts'
import { cutText } from '../shared/cutText.ts'

/** Errors can be caused from outside, again and again: they must not fill a disk. */
const LONGEST_LINE = 4_000
const MOST_LINES = 300
const WITHIN_MS = 300_000

/**
 * Writes lines for a person: news to standard output, trouble to standard error. Of trouble there are at most 300 messages in
 * five minutes, and then the number of those left out.
 */
export function createLog(name?: string): Log {
  const prefix = name ? `${name}: ` : ''
  let written = 0
  let leftOut = 0

  function beginAgain(): void {
    if (leftOut > 0) process.stderr.write(`${prefix}${leftOut} more messages were left out.\n`)
    written = leftOut = 0
  }

  return (level, message) => {
    if (level === 'debug') return
    const line = `${prefix}${legible(message)}\n`
    if (level === 'info') return void process.stdout.write(line)
    if (written === 0) setTimeout(beginAgain, WITHIN_MS).unref()
    if (written++ < MOST_LINES) process.stderr.write(line)
    else leftOut++
  }
}

/** Has what libraries print go to the log. */
export function logConsole(log: Log): void {
  console.error = console.warn = (...values: unknown[]) => log('warning', format(...values))
}

/** A text from outside moves no cursor and looks like no line of ours. */
function legible(message: string): string {
  const whole = message.length > LONGEST_LINE ? `${cutText(message, LONGEST_LINE)}…` : message
  return whole.replace(/(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd').replaceAll('\n', '\n  ')
}
