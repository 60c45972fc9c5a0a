import { GraphQLError } from 'postgraphile/graphql'
import { defaultMaskError } from 'postgraphile/grafserv'

/** What PostgreSQL says of a refused statement. */
interface DatabaseError extends Error {
  readonly code?: string
  readonly detail?: string
  readonly hint?: string
  readonly column?: string
  readonly constraint?: string
}

/**
 * SQLSTATEs whose message is meant for people: our own (docs/error-codes.md), broken constraints, missing rights, values
 * that cannot be read, and a statement that took too long. All others stay masked.
 */
const TELLABLE = /^(AL\d{3}|23502|23503|23505|23514|42501|22P02|22007|22008|22023|57014)$/

/** Lets through what a user can act on, with the code, detail, hint and field in `extensions`. */
export function maskError(error: GraphQLError): GraphQLError {
  const original = databaseError(error)
  if (!original?.code || !TELLABLE.test(original.code)) return defaultMaskError(error)
  return new GraphQLError(original.message, {
    nodes: error.nodes ?? null,
    path: error.path ?? null,
    originalError: original,
    extensions: {
      code: original.code,
      detail: original.detail,
      hint: original.hint,
      field: original.column ?? fieldOfConstraint(original.constraint),
    },
  })
}

function databaseError(error: GraphQLError): DatabaseError | undefined {
  let cause: unknown = error.originalError
  while (cause instanceof Error) {
    if (typeof (cause as DatabaseError).code === 'string') return cause
    cause = cause.cause ?? (cause as GraphQLError).originalError
  }
  return undefined
}

/** Constraints of schedules are named `schedule_<column>_is_…`. */
function fieldOfConstraint(constraint: string | undefined): string | undefined {
  return /^schedule_(\w+?)_(?:is|ends)_/.exec(constraint ?? '')?.[1]
}
