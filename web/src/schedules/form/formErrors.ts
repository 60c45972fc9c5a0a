import { problemLine, type Problem } from '../../graphql/error.ts'
import { isStatement, type Draft } from './draft.ts'
import { draftLabels } from './draftLabels.ts'

const fields: Record<string, keyof Draft> = {
  name: 'name',
  description: 'description',
  task_identifier: 'task',
  target: 'target',
  task_group: 'taskGroup',
  workflow_name: 'workflowName',
  workflow_version: 'workflowName',
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
  resource_group: 'resourceGroup',
  retry_backoff: 'retryBackoff',
  retry_ceiling: 'retryCeiling',
  late_tolerance: 'lateTolerance',
  catchup_window: 'catchupWindow',
  keep_for: 'keepFor',
  keep_failures_for: 'keepFailuresFor',
  keep_last: 'keepLast',
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
  keepFor: 'Enter a length such as 30 days or 1 year.',
  keepFailuresFor: 'Enter a length such as 30 days or 1 year.',
  keepLast: 'Enter a whole number.',
  maxRuns: 'Enter a whole number.',
  maxConcurrent: 'Enter a whole number.',
  retryBackoff: 'Enter a number such as 2 or 1.5.',
  maxAttempts: 'Enter a whole number.',
  runAt: 'Enter a date and a time.',
  startsAt: 'Enter a date and a time.',
  endsAt: 'Enter a date and a time.',
}

const unreadable = /^22/
/** A value is out of bounds. */
const outOfBounds = 'AL019'
/** A payload does not fit its task. */
const misfit = 'AL006'

const upTo10Years = 'Enter an interval of up to 10 years, such as 90 seconds or 15 minutes.'
/** What a value that is out of bounds should be, where the database says it in the words of its columns. */
const bounds: Partial<Record<keyof Draft, string>> = {
  startsAt: 'Enter a date and a time, or leave it empty to start at once.',
  endsAt: 'The end must be after the start. Leave it empty for no end.',
  maxRuns: 'Enter 1 or more, or leave it empty for no limit.',
  maxConcurrent: 'Enter 1 or more, or leave it empty for no limit.',
  maxAttempts: 'Enter 1 to 1000: 1 means a single attempt, without retries.',
  retryBackoff: 'Enter 1 to 100: 1 keeps the delay as it is, 2 doubles it each time.',
  timeout: 'Enter an interval of up to 10 years, such as 90 seconds, or 0 for no limit.',
  retryDelay: upTo10Years,
  retryCeiling: upTo10Years,
  lateTolerance: `${upTo10Years} What is later is missed.`,
  catchupWindow: `${upTo10Years} 0 means that nothing is caught up.`,
  keepFor: 'Enter 1 day to 100 years, or 0 for forever.',
  keepFailuresFor: 'Enter 1 day to 100 years, or 0 for forever.',
  keepLast: 'Enter up to 1,000,000, or 0 for all.',
  tags: 'A tag has 1 to 100 characters, and a schedule may have at most 100 tags.',
}

/** What the database advises to people at a prompt. */
const sql = /\bselect\b|\balmanac\.|\bnull\b|\bset \w+ to\b|\{\w+(,\w+)*\}|pg_\w+/i

/** A hint without the sentences that are for a prompt. */
function plainHint(hint: string | null): string | null {
  const kept = (hint ?? '').split(/(?<=[.?]) (?=[A-Z])/).filter((sentence) => !sql.test(sentence))
  const text = kept.join(' ').trim()
  return text === '' ? null : text
}

/** The names of columns as the form calls them. */
function plainMessage(message: string): string {
  return Object.entries(fields).reduce(
    (text, [column, field]) =>
      column.includes('_') ? text.replaceAll(new RegExp(`\\b${column}\\b`, 'g'), draftLabels[field]) : text,
    message,
  )
}

/** The same for someone at a form, who knows no columns and no SQL. */
function inPlainWords(problem: Problem): Problem {
  return { ...problem, message: plainMessage(problem.message), hint: plainHint(problem.hint) }
}

export interface FormErrors {
  /** A message for each field at fault. */
  readonly fields: Partial<Record<keyof Draft, string>>
  /** What concerns no single field. */
  readonly rest: readonly Problem[]
}

/** Puts each problem at the field it is about. */
export function formErrors(
  problems: readonly Problem[],
  draft: Pick<Draft, 'task' | 'target'> & Partial<Pick<Draft, 'statement'>>,
): FormErrors {
  const found: Partial<Record<keyof Draft, string>> = {}
  const rest: Problem[] = []
  for (const problem of problems) {
    const column = problem.field === null ? undefined : fields[problem.field]
    const field = column === 'payload' && isStatement(draft) ? 'statement' : column
    if (field === undefined) rest.push(inPlainWords(problem))
    else {
      const known = unreadable.test(problem.code ?? '')
        ? examples[field]
        : problem.code === outOfBounds
          ? bounds[field]
          : field === 'statement' && problem.code === misfit && draft.statement?.trim() === ''
            ? 'Write a statement, such as: refresh materialized view sales'
            : undefined
      found[field] ??= known ?? problemLine(inPlainWords(problem))
    }
  }
  return { fields: found, rest }
}
