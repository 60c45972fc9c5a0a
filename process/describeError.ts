import { inspect } from 'node:util'
import { cutText } from '../shared/cutText.ts'
import { connectionProblem } from './connectionProblem.ts'
import { isStorable } from './storable.ts'

/** How far chains of causes are followed, how many errors are named of an AggregateError and in all, and how long it all may be. */
const DEEPEST = 8
const MOST = 10
const MOST_IN_ALL = 50
const LONGEST = 16_384

/**
 * A message for a person: that of the error, of the errors in it and of its causes, and what PostgreSQL adds to them.
 * Never throws, whatever was thrown: a task may throw anything, and its run ends by what this says.
 */
export function describeError(error: unknown): string {
  const seen = new Set<unknown>()

  function describe(at: unknown, depth: number): string {
    const unconnected = isObject(at) ? connectionProblem(at) : null
    if (unconnected !== null) return unconnected
    if (isObject(at)) {
      if (seen.has(at)) return '(as above)'
      seen.add(at)
    }
    const text = describeOne(at)
    if (!isErrorLike(at)) return text
    if (depth === DEEPEST || seen.size >= MOST_IN_ALL) return `${text}\n…`
    const parts = entriesOf(at).map(
      ([entry, index, count]) => `${index + 1} of ${count}: ${describe(entry, depth + 1)}`,
    )
    const cause = read(at, 'cause')
    if (cause !== undefined && cause !== null) parts.push(`caused by: ${describe(cause, depth + 1)}`)
    return [text, ...parts].join('\n')
  }

  return cut(describe(error, 0), LONGEST)
}

function describeOne(error: unknown): string {
  if (typeof error === 'string' && error !== '') return error
  if (!isErrorLike(error)) return `Not an Error: ${outline(error)}`
  const details = ['detail', 'hint', 'where', 'code'].flatMap((key) => {
    const value = read(error, key)
    return typeof value === 'string' && value !== '' ? [`${key}: ${value}`] : []
  })
  const message = read(error, 'message')
  const said = typeof message === 'string' || message === undefined ? message : outline(message)
  const name = read(error, 'name')
  return [said || (typeof name === 'string' && name) || 'Error', ...details].join('\n')
}

/** The errors of an AggregateError, the first of them. */
function entriesOf(error: object): (readonly [unknown, number, number])[] {
  const errors = read(error, 'errors')
  if (!attempt(() => Array.isArray(errors))) return []
  const count = Number(read(errors as object, 'length'))
  return Array.from({ length: Math.min(MOST, count) }, (_, index) => [
    read(errors as object, index),
    index,
    count,
  ])
}

/** An error, of any realm, or what is thrown in its place: `{ message, response }`. */
function isErrorLike(value: unknown): value is object {
  return (
    isObject(value) &&
    (attempt(() => value instanceof Error) === true || typeof read(value, 'message') === 'string')
  )
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

function read(value: object, key: PropertyKey): unknown {
  return attempt(() => Reflect.get(value, key) as unknown)
}

function outline(value: unknown): string {
  const text = attempt(() =>
    inspect(value, { depth: 2, maxArrayLength: 20, maxStringLength: 1_000, customInspect: false }),
  )
  return cut(text ?? `a value of type ${typeof value} that cannot be printed`, 2_000)
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

function cut(text: string, longest: number): string {
  return text.length > longest ? `${cutText(text, longest)}…` : text
}

/**
 * What was thrown, if Graphile Worker can read it and PostgreSQL keep it (a text that it refuses ends the whole pool), else
 * an error that says the same.
 */
export function soundError(thrown: unknown, said: string): Error {
  const isSound =
    attempt(() => thrown instanceof Error && isStorable(thrown.message) && isStorable(thrown.stack ?? '')) ===
    true
  return isSound ? (thrown as Error) : new Error(said)
}
