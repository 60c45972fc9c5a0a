import type { Draft } from './draft.ts'

/** What each field is called in the form. */
const labels: Record<keyof Draft, string> = {
  name: 'Name',
  description: 'Description',
  task: 'Task',
  statement: 'Statement',
  payload: 'Payload',
  kind: 'Kind',
  cron: 'Cron expression',
  every: 'Interval',
  runAt: 'Time',
  timezone: 'Time zone',
  startsAt: 'Start',
  endsAt: 'End',
  overlap: 'Still running',
  missed: 'Missed',
  maxAttempts: 'Attempts',
  retryDelay: 'Retry delay',
  timeout: 'Timeout',
  priority: 'Priority',
  jitter: 'Jitter',
  calendars: 'Excluded by',
  exclusionPolicy: 'When excluded',
  tags: 'Tags',
  maxRuns: 'Ends after',
  maxConcurrent: 'At most at once',
  retryBackoff: 'Back-off',
  retryCeiling: 'Longest delay',
  lateTolerance: 'Late is missed after',
  catchupWindow: 'Catch-up window',
  isEnabled: 'Enable now',
}

const keys = Object.keys(labels) as (keyof Draft)[]
const isSame = (a: Draft, b: Draft, key: keyof Draft) => JSON.stringify(a[key]) === JSON.stringify(b[key])

/** The fields in which two drafts differ. */
function changed(before: Draft, after: Draft): readonly (keyof Draft)[] {
  return keys.filter((key) => !isSame(before, after, key))
}

/** The names of the fields that someone else changed, and of those that both changed, to different values. */
export function editsInWords(
  base: Draft,
  mine: Draft,
  theirs: Draft,
): { theirs: readonly string[]; both: readonly string[] } {
  const own = new Set(changed(base, mine))
  const others = changed(base, theirs)
  return {
    theirs: others.map((key) => labels[key]),
    both: others.filter((key) => own.has(key) && !isSame(mine, theirs, key)).map((key) => labels[key]),
  }
}

/** My changes on top of theirs: fields that I left alone are as they made them. */
export function onTopOf(base: Draft, mine: Draft, theirs: Draft): Draft {
  const own = new Set(changed(base, mine))
  const kept = Object.fromEntries([...own].map((key) => [key, mine[key]])) as Partial<Draft>
  return { ...theirs, ...kept }
}
