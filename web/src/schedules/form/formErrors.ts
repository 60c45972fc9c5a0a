import { problemLine, type Problem } from '../../graphql/error.ts'
import type { Draft } from './draft.ts'

const fields: Record<string, keyof Draft> = {
  name: 'name',
  description: 'description',
  task_identifier: 'task',
  payload: 'payload',
  kind: 'kind',
  cron_expression: 'cron',
  every: 'every',
  run_at: 'runAt',
  timezone: 'timezone',
  starts_at: 'startsAt',
  ends_at: 'endsAt',
  overlap_policy: 'overlap',
  missed_run_policy: 'missed',
  max_attempts: 'maxAttempts',
  retry_delay: 'retryDelay',
  timeout: 'timeout',
  priority: 'priority',
  jitter: 'jitter',
  calendars: 'calendars',
  exclusion_policy: 'exclusionPolicy',
  tags: 'tags',
  max_runs: 'maxRuns',
  max_concurrent: 'maxConcurrent',
  retry_backoff: 'retryBackoff',
  retry_ceiling: 'retryCeiling',
  late_tolerance: 'lateTolerance',
  catchup_window: 'catchupWindow',
}

/** What a field that PostgreSQL cannot read should look like. */
const examples: Partial<Record<keyof Draft, string>> = {
  every: 'Enter an interval such as 15 minutes, 6 hours or 1 month.',
  timeout: 'Enter an interval such as 90 seconds or 15 minutes.',
  retryDelay: 'Enter an interval such as 5 seconds or 2 minutes.',
  jitter: 'Enter an interval such as 90 seconds or 15 minutes.',
  retryCeiling: 'Enter an interval such as 10 minutes or 1 hour.',
  lateTolerance: 'Enter an interval such as 30 seconds or 5 minutes.',
  catchupWindow: 'Enter an interval such as 1 hour or 2 days.',
  maxRuns: 'Enter a whole number.',
  maxConcurrent: 'Enter a whole number.',
  retryBackoff: 'Enter a number such as 2 or 1.5.',
  maxAttempts: 'Enter a whole number.',
  runAt: 'Enter a date and a time.',
  startsAt: 'Enter a date and a time.',
  endsAt: 'Enter a date and a time.',
}

const unreadable = /^22/

export interface FormErrors {
  /** A message for each field at fault. */
  readonly fields: Partial<Record<keyof Draft, string>>
  /** What concerns no single field. */
  readonly rest: readonly Problem[]
}

/** Puts each problem at the field it is about. */
export function formErrors(problems: readonly Problem[], draft: Pick<Draft, 'task'>): FormErrors {
  const found: Partial<Record<keyof Draft, string>> = {}
  const rest: Problem[] = []
  for (const problem of problems) {
    const column = problem.field === null ? undefined : fields[problem.field]
    const field = column === 'payload' && draft.task === 'almanac:sql' ? 'statement' : column
    if (field === undefined) rest.push(problem)
    else {
      const example = unreadable.test(problem.code ?? '') ? examples[field] : undefined
      found[field] ??= example ?? problemLine(problem)
    }
  }
  return { fields: found, rest }
}
