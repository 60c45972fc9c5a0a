import { inspect, stripVTControlCharacters } from 'node:util'
import { cutText } from '../../shared/cutText.ts'
import type { Redaction } from './redaction.ts'

/** Characters of a message that are looked at, and of a line that are kept. */
const LONGEST_MESSAGE = 1_000_000
const LONGEST_LINE = 4_000

/** Only whole characters, not half of a pair. */
const PLAIN = /^[\x20-\x7e\u00a0-\u2027\u2030-\u2065\u2070-\ud7ff\ue000-\ufdcf\ufdf0-\uffef]*$/
const LINE_END = /\r\n|[\n\r\u0085\u2028\u2029]/
/** What draws nothing, or has the text around it drawn elsewhere: control characters but the tab, and directional overrides. */
const UNSEEN = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g

/**
 * The lines of what a task or a program writes, as they are kept: without colors and control characters, without the
 * secrets of the worker, cut where they are long. Never throws, whatever it is.
 */
export function linesOf(message: unknown, redaction: Redaction | null): string[] {
  const text = textOf(message)
  if (text.length <= LONGEST_LINE && PLAIN.test(text)) return [redaction ? redaction.text(text) : text]
  const lines = stripVTControlCharacters(cutText(text, LONGEST_MESSAGE)).toWellFormed().split(LINE_END)
  if (lines.length > 1 && lines.at(-1) === '') lines.pop()
  return lines.map((line) => {
    const clean = line.replace(UNSEEN, '\uFFFD')
    if (clean.length <= LONGEST_LINE) return redaction ? redaction.text(clean) : clean
    const kept = redaction ? redaction.start(clean, LONGEST_LINE) : clean
    return `${cutText(kept, LONGEST_LINE)}… (${clean.length} characters)`
  })
}

/** What is looked at of a message. */
export function messageText(message: unknown): string {
  return cutText(textOf(message), LONGEST_MESSAGE)
}

function textOf(message: unknown): string {
  if (typeof message === 'string') return message
  try {
    return inspect(message, { depth: 2, maxArrayLength: 20, maxStringLength: 1_000, breakLength: Infinity })
  } catch {
    return `A value of type ${typeof message} that cannot be shown.`
  }
}
