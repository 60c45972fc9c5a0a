import { connectionProblem } from '../process/connectionProblem.ts'
import { describeError } from '../process/log.ts'
import { cutText } from '../shared/cutText.ts'

const LONGEST = 2_000
/** What JavaScript throws itself: no one wrote its message for a person. */
const FAULTS = [TypeError, ReferenceError, RangeError, SyntaxError]

/**
 * What a person is told of a command that ended badly: what and where, then what to do. What our own errors say is enough;
 * of PostgreSQL's the place in a function is of no use to anyone who typed a command. A fault of ours is told in full.
 */
export function explainFailure(error: unknown): string {
  if (!(error instanceof Error)) return describeError(error)
  const unconnected = connectionProblem(error)
  if (unconnected !== null) return unconnected
  const { detail, hint, code, severity } = error as Partial<
    Record<'detail' | 'hint' | 'code' | 'severity', unknown>
  >
  if (typeof severity === 'string') return ofDatabase({ message: error.message, detail, hint, code })
  const isOurs =
    !FAULTS.some((fault) => error instanceof fault) &&
    (error.constructor === Error || Object.getPrototypeOf(error.constructor) === Error)
  // Node gives a source that it cannot read a code; its stack begins with the place.
  const isUnreadable = error instanceof SyntaxError
  if ((typeof code === 'string' && !isUnreadable) || isOurs)
    return `${error.message || String(code)}${reasonOf(error)}`
  return `This is a bug in Almanac: please report it.\n${error.stack ?? describeError(error)}`
}

function ofDatabase({
  message,
  detail,
  hint,
  code,
}: Record<'message' | 'detail' | 'hint' | 'code', unknown>): string {
  const told = [`${String(message)} (${String(code)})`, detail, hint]
  const lines = told.filter((line) => typeof line === 'string' && line !== '')
  return lines.map((line) => cutText(String(line), LONGEST)).join('\n')
}

/** What PostgreSQL adds to a message that quotes it. */
function reasonOf({ message, cause }: Error): string {
  if (!(cause instanceof Error)) return ''
  const { detail, hint } = cause as { detail?: unknown; hint?: unknown }
  return [detail, hint]
    .filter((line) => typeof line === 'string' && line !== '' && !message.includes(line))
    .map((line) => `\n${String(line)}`)
    .join('')
}
