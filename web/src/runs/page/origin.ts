import { intervalText, type Interval } from '../../time/interval.ts'
import type { Json } from '../../graphql/graphql.ts'
import { choiceOf, priorityChoices } from '../../schedules/form/policies.ts'

/** What a run was fired with, as far as it is kept. */
interface Fired {
  readonly scheduleName: string
  readonly taskIdentifier: string
  readonly payload: Json
  readonly runAs: string
  readonly priority: number
  readonly maxAttempts: number
  readonly givenBack: number | null
  readonly timeout: Interval | null
  readonly schedule: {
    readonly name: string
    readonly taskIdentifier: string
    readonly payload: Json
    readonly runAs: string
    readonly priority: number
    readonly execution: { readonly maxAttempts: number | null; readonly timeout: Interval | null } | null
  } | null
}

/** What was different when a run was fired from what its schedule says today. */
export interface Change {
  readonly what: string
  readonly then: string
  readonly now: string
}

/** The same whatever the order of keys: the database keeps none. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_, part: Json) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

/** Whether a run has the payload that its schedule has today. */
export function isScheduledPayload({ payload, schedule }: Pick<Fired, 'payload' | 'schedule'>): boolean {
  return schedule !== null && canonical(payload) === canonical(schedule.payload)
}

/** What differs; the payload is told where it is shown. */
export function changesSince(run: Fired): readonly Change[] {
  const { schedule } = run
  if (schedule === null) return []
  const execution = schedule.execution
  const timeoutText = (timeout: Interval | null) => (timeout === null ? 'none' : intervalText(timeout))
  const priorityText = (priority: number) => choiceOf(priorityChoices, String(priority)).label
  const pairs: readonly (readonly [what: string, then: string, now: string])[] = [
    ['Name', run.scheduleName, schedule.name],
    ['Task', run.taskIdentifier, schedule.taskIdentifier],
    ['Runs as', run.runAs, schedule.runAs],
    ['Priority', priorityText(run.priority), priorityText(schedule.priority)],
    ...(execution === null
      ? []
      : [
          ['Timeout', timeoutText(run.timeout), timeoutText(execution.timeout)] as const,
          [
            'Attempts',
            String(run.maxAttempts - (run.givenBack ?? 0)),
            String(execution.maxAttempts ?? 1),
          ] as const,
        ]),
  ]
  return pairs.flatMap(([what, then, now]) => (then === now ? [] : [{ what, then, now }]))
}
