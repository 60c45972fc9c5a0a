import { describeError } from '../../process/describeError.ts'
import { errorText } from '../../process/storable.ts'
import { isPermanent, markPermanent } from '../runs/permanent.ts'

/** An error as it goes from one process to another. */
export interface FlatError {
  readonly message: string
  readonly name?: string
  readonly stack?: string
  readonly fields?: Readonly<Record<string, string>>
  /** Another attempt would only meet it again. */
  readonly isPermanent?: true
  readonly cause?: FlatError
  readonly errors?: readonly FlatError[]
}

/** How deep causes are followed, how many errors of an AggregateError, and characters of a stack. */
const DEEPEST = 8
const MOST = 10
const LONGEST_STACK = 16_384

/** What PostgreSQL and Node add to errors. */
const FIELDS = [
  'code',
  'detail',
  'hint',
  'where',
  'severity',
  'syscall',
  'schema',
  'table',
  'column',
  'constraint',
]

/** Takes an error apart. Never throws, whatever was thrown: what refuses to be read is described. */
export function flatten(thrown: unknown, depth = 0): FlatError {
  try {
    if (thrown instanceof Error) return flattenError(thrown, depth)
  } catch {
    // It is described.
  }
  return { message: describeError(thrown) }
}

function flattenError(error: Error, depth: number): FlatError {
  const fields = FIELDS.flatMap((key) => {
    const value: unknown = Reflect.get(error, key)
    return typeof value === 'string' ? [[key, errorText(value)] as const] : []
  })
  const { message, name, stack, cause } = error
  if (typeof message !== 'string') return { message: describeError(error) }
  const errors = error instanceof AggregateError ? error.errors.slice(0, MOST) : []
  return {
    message: errorText(message),
    name: errorText(String(name)),
    stack: String(stack ?? '')
      .slice(0, LONGEST_STACK)
      .toWellFormed(),
    ...(fields.length > 0 && { fields: Object.fromEntries(fields) }),
    ...(isPermanent(error) && { isPermanent: true }),
    ...(depth < DEEPEST && cause !== undefined && cause !== null && { cause: flatten(cause, depth + 1) }),
    ...(depth < DEEPEST && errors.length > 0 && { errors: errors.map((one) => flatten(one, depth + 1)) }),
  }
}

/** The error that was taken apart. What was sent may be anything. */
export function rebuild(flat: unknown, depth = 0): Error {
  const { message, name, stack, fields, isPermanent: isLast, cause, errors } = asObject(flat)
  const options = cause === undefined || depth > DEEPEST ? {} : { cause: rebuild(cause, depth + 1) }
  const text = errorText(typeof message === 'string' ? message : 'The task failed without saying why.')
  const error =
    Array.isArray(errors) && depth <= DEEPEST
      ? new AggregateError(
          errors.slice(0, MOST).map((one) => rebuild(one, depth + 1)),
          text,
          options,
        )
      : new Error(text, options)
  if (typeof name === 'string') error.name = errorText(name)
  error.stack = errorText(typeof stack === 'string' ? stack : '')
  for (const key of FIELDS) {
    const value = asObject(fields)[key]
    if (typeof value === 'string') Reflect.set(error, key, errorText(value))
  }
  return isLast === true ? markPermanent(error) : error
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}
