interface Choice {
  readonly value: string
  readonly label: string
  /** What will happen, for the line under the field. */
  readonly effect: string
}

/** What to do while an earlier run is still running. */
export const overlapChoices: readonly Choice[] = [
  { value: 'skip', label: 'Skip the new one', effect: 'The occurrence is recorded as skipped.' },
  { value: 'queue_one', label: 'Queue one', effect: 'One waits for the earlier run; others are skipped.' },
  { value: 'queue_all', label: 'Queue all', effect: 'Each waits for the one before it.' },
  { value: 'allow', label: 'Allow concurrent', effect: 'Several runs may be active at the same time.' },
]

/** What to do with occurrences that no worker fired in time. */
export const missedChoices: readonly Choice[] = [
  {
    value: 'run_latest',
    label: 'Run the latest',
    effect: 'If within the catch-up window; the others are recorded as missed.',
  },
  { value: 'run_all', label: 'Run all', effect: 'Those within the catch-up window, one after another.' },
  { value: 'skip', label: 'Run none', effect: 'They are recorded as missed.' },
]

/** What becomes of an occurrence that a calendar excludes. */
export const exclusionChoices: readonly Choice[] = [
  { value: 'skip', label: 'Skip', effect: 'It does not run; recorded as excluded.' },
  { value: 'move', label: 'Postpone', effect: 'Runs when the exclusion ends; of several, only the latest.' },
]

/** Which of several due runs a worker takes first. */
export const priorityChoices: readonly Choice[] = [
  { value: '0', label: 'Urgent', effect: 'Runs before all other due runs.' },
  { value: '1', label: 'Normal', effect: 'Runs in order of due time.' },
  { value: '2', label: 'Background', effect: 'Runs when nothing else is due.' },
]

/** The choice with that value; an unknown value stands for itself. */
export function choiceOf(choices: readonly Choice[], value: string): Choice {
  return choices.find((choice) => choice.value === value.toLowerCase()) ?? { value, label: value, effect: '' }
}

/** "3 attempts, 5 seconds, then doubled" */
export function retriesInWords(maxAttempts: number, delay: string, backoff: number): string {
  if (maxAttempts === 1) return 'None'
  const growth = backoff === 1 ? 'each time' : backoff === 2 ? 'then doubled' : `then times ${backoff}`
  return `${maxAttempts} attempts, after ${delay}, ${growth}`
}
