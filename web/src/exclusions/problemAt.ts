import { problemLine, type Problem } from '../graphql/error.ts'

/** The message for a field, if the problem is about it: by its column, or by a constraint that it names. */
export function problemAt(problem: Problem | null, column: string, constraint?: RegExp): string | undefined {
  if (problem === null) return undefined
  if (constraint?.test(`${problem.message} ${problem.detail ?? ''}`) === true) {
    return /unique/.test(problem.message) ? 'This name is taken.' : problemLine(problem)
  }
  return problem.field === column ? problemLine(problem) : undefined
}
