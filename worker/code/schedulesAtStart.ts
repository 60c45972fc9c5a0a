import { describeError, type Log } from '../../process/log.ts'
import type { Query } from '../../process/query.ts'
import { applyPlan, inShort, planSchedules, problemsOf } from './schedulePlan.ts'
import { readSchedules } from './readSchedules.ts'

const NEWER_APPLIED = 'AL042'
const FORBIDDEN = '42501'

/**
 * Applies the schedules of a file once, when the tasks that they name are known. What is refused is logged, and the
 * worker continues with the schedules as they are.
 */
export function schedulesAtStart({
  file,
  version,
  query,
  log,
}: {
  file: string | undefined
  version: string | undefined
  query: Query
  log: Log
}): () => void {
  let isAsked = file === undefined
  async function apply(path: string): Promise<void> {
    try {
      const plan = await planSchedules(query, await readSchedules(path, version))
      const problems = problemsOf(plan)
      if (problems.length > 0) {
        log('error', `The schedules of ${plan.owner} are not applied:\n${problems.join('\n')}`)
        return
      }
      await applyPlan(query, plan)
      const what = inShort(plan.schedules)
      log('info', `Schedules of ${plan.owner}, version ${plan.version}, from ${plan.file}: ${what}.`)
    } catch (error) {
      const { code } = error as { code?: unknown }
      const remedy =
        code === FORBIDDEN
          ? '\nLet the worker apply them: grant almanac_operator to its login, or run almanac apply.'
          : ''
      log(
        code === NEWER_APPLIED ? 'info' : 'error',
        `The schedules of ${path} are not applied: ${describeError(error)}${remedy}`,
      )
    }
  }
  return () => {
    if (isAsked || file === undefined) return
    isAsked = true
    void apply(file)
  }
}
