import type { EnumValue } from '../../graphql/enum.ts'

interface Choice {
  readonly value: string
  readonly label: string
  /** What will happen, for the line under the field. */
  readonly effect: string
}

type Words = Omit<Choice, 'value'>

/** The values of an enum of the database in the order of the list, and each of them. */
function choices<Value extends string>(words: Record<Value, Words>): readonly Choice[] {
  return Object.entries<Words>(words).map(([value, { label, effect }]) => ({ value, label, effect }))
}

/** What a schedule runs. */
export const targetChoices = choices<EnumValue<'ScheduleTarget'>>({
  task: { label: 'Once', effect: 'One run with the payload.' },
  list: {
    label: 'For each element of a list',
    effect: 'A run for each of payloads, as children of one run.',
  },
  group: {
    label: 'A group of tasks',
    effect: 'Its tasks, each after those that it depends on, as steps of one run.',
  },
  all: { label: 'All tasks', effect: 'Each after those that it depends on, as steps of one run.' },
  workflow: { label: 'A workflow', effect: 'Its steps, each after those that it needs, in one run.' },
})

/** What to do while an earlier run is still running. */
export const overlapChoices = choices<EnumValue<'OverlapPolicy'>>({
  skip: { label: 'Skip the new one', effect: 'The occurrence is recorded as skipped.' },
  queue_one: { label: 'Queue one', effect: 'One waits for the earlier run; others are skipped.' },
  queue_all: { label: 'Queue all', effect: 'Each waits for the previous one.' },
  allow: { label: 'Allow concurrent', effect: 'Several runs may be active at the same time.' },
  cancel_running: {
    label: 'Cancel running',
    effect: 'The earlier run is cancelled; the new one starts after it.',
  },
})

/** What to do with occurrences that no worker fired in time. */
export const missedChoices = choices<EnumValue<'MissedRunPolicy'>>({
  run_latest: {
    label: 'Run the latest',
    effect: 'If within the catch-up window; the others are recorded as missed.',
  },
  run_all: { label: 'Run all', effect: 'Those within the catch-up window, one after another.' },
  skip: { label: 'Run none', effect: 'They are recorded as missed.' },
})

/** What happens to an occurrence that a calendar excludes. */
export const exclusionChoices = choices<EnumValue<'ExclusionPolicy'>>({
  skip: { label: 'Skip', effect: 'It does not run; recorded as excluded.' },
  move: { label: 'Postpone', effect: 'Runs when the exclusion ends; of several, only the latest.' },
})

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
