import { randomBytes } from 'node:crypto'
import { isSafeError } from 'postgraphile/grafast'
import { GraphQLError } from 'postgraphile/graphql'
import { describeError, type Log } from '../process/log.ts'

/** What PostgreSQL says of a refused statement. */
interface DatabaseError extends Error {
  readonly code: string
  readonly detail?: string
  readonly hint?: string
  readonly column?: string
  readonly constraint?: string
}

/**
 * SQLSTATEs whose message is meant for people: our own (docs/error-codes.md), values that cannot be read (22…), broken
 * constraints (23…), missing rights, and a statement that took too long.
 */
const TELLABLE = /^(AL\d{3}|2[23][0-9A-Z]{3}|42501|57014)$/

/**
 * Lets through what a user can act on, with the code, detail, hint and field in `extensions`. Anything else is a secret of
 * the log, where the id that the user was given finds it.
 */
export function createMaskError(log: Log): (error: GraphQLError) => GraphQLError {
  return (error) => {
    const original = error.originalError
    if (original === undefined || original === null || original instanceof GraphQLError) return error

    const refused = findDatabaseError(original)
    if (refused && TELLABLE.test(refused.code)) return replace(error, refused.message, tell(refused))
    if (isSafeError(original)) return replace(error, original.message, { ...original.extensions })

    const errorId = randomBytes(4).toString('hex')
    log('error', `${error.path?.join('.') ?? 'GraphQL'} failed (${errorId}): ${describeError(original)}`)
    return replace(error, `Internal server error (reference ${errorId}).`, { errorId })
  }
}

function replace(error: GraphQLError, message: string, extensions: Record<string, unknown>): GraphQLError {
  return new GraphQLError(message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    path: error.path ?? null,
    originalError: error.originalError ?? null,
    extensions,
  })
}

function tell({ code, detail, hint, column, constraint }: DatabaseError): Record<string, unknown> {
  return { code, detail, hint: hint ?? remedyOf(code), field: column ?? fieldOfConstraint(constraint) }
}

/** What to do about an error of PostgreSQL's own, which says what is wrong only. */
function remedyOf(code: string): string | undefined {
  if (code === '42501') return 'Ask an admin for a role that may do this.'
  if (code === '57014') return 'Request less: fewer rows, or a shorter range.'
  if (code === '23505') return 'This one is taken: choose another.'
  if (code.startsWith('22')) return 'Correct the value: the schema describes what the field accepts.'
  return undefined
}

function findDatabaseError(error: Error): DatabaseError | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause ?? (at as GraphQLError).originalError) {
    if ('code' in at && typeof at.code === 'string') return at as DatabaseError
  }
  return undefined
}

/** Constraints of schedules are named `schedule_<column>_is_…`, but for the one that compares two columns. */
function fieldOfConstraint(constraint: string | undefined): string | undefined {
  if (constraint === 'schedule_ends_after_it_starts') return 'ends_at'
  return /^schedule_(\w+?)_is_/.exec(constraint ?? '')?.[1]
}
