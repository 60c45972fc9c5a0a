import { isDown, useConnection, type ConnectionState } from '../graphql/connection.ts'
import type { Problem } from '../graphql/error.ts'

const offline = {
  message: 'Not loaded, as this device is offline.',
  detail: null,
  hint: 'It is loaded once there is a network.',
}

/** What a part of the page says of its question, next to what the page says of its connection. */
export function ownProblem(problem: Problem, isThere: boolean, state: ConnectionState): Problem | null {
  if (problem.code !== 'network' || !isDown(state)) return problem
  if (isThere) return null
  return state === 'offline' ? { ...problem, ...offline } : problem
}

/**
 * A problem of a part of the page. That there is no connection is told once for all of it, with how old it is: what is
 * there says it no second time, and what is not agrees.
 */
export function useOwnProblem(problem: Problem | null | undefined, isThere: boolean): Problem | null {
  const { state } = useConnection()
  return problem ? ownProblem(problem, isThere, state) : null
}
