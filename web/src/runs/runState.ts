import { valuesOf, type EnumValue } from '../graphql/enum.ts'

export type RunStatus = EnumValue<'RunStatus'>

/** Every state that a run, or a place where a run would be, can be shown in. */
export type RunState = RunStatus | 'future' | 'moved' | 'missed' | 'paused'

const labels: Record<RunState, string> = {
  future: 'Upcoming',
  moved: 'Upcoming, moved',
  waiting: 'Waiting',
  queued: 'Queued',
  running: 'Running',
  retrying: 'Retrying',
  succeeded: 'Succeeded',
  failed: 'Failed',
  timed_out: 'Timed out',
  cancelled: 'Cancelled',
  skipped: 'Skipped',
  missed: 'Missed',
  paused: 'Paused',
}

export const runStates = valuesOf(labels)

type Group = 'running' | 'waiting' | 'failed' | 'succeeded' | 'skipped'

const groups: Record<RunStatus, Group> = {
  waiting: 'waiting',
  queued: 'waiting',
  running: 'running',
  retrying: 'waiting',
  failed: 'failed',
  timed_out: 'failed',
  succeeded: 'succeeded',
  skipped: 'skipped',
  cancelled: 'skipped',
}

/** The statuses that count as one of these. */
export function statusesOf(...wanted: readonly Group[]): readonly RunStatus[] {
  return valuesOf(groups).filter((status) => wanted.includes(groups[status]))
}

const active: readonly RunState[] = statusesOf('running', 'waiting')
const failures: readonly RunState[] = statusesOf('failed')

/** The state in words, as people and screen readers get it. */
export function runStateLabel(state: RunState): string {
  return labels[state]
}

/** The state of a run as the API names it; no status at all means that it is still upcoming. */
export function runStateOf(status: string | null | undefined): RunState {
  const name = status?.toLowerCase()
  return runStates.find((state) => state === name) ?? 'future'
}

/** What a run shows as that someone has cancelled, until its task has ended. */
export const STOPPING = 'Stopping'

/** Whether a run is in progress that someone has cancelled. */
export function isStopping(run: { status: string; cancelRequestedAt: string | null }): boolean {
  return runStateOf(run.status) === 'running' && run.cancelRequestedAt !== null
}

/** Whether the run has not reached its end. */
export function isActive(state: RunState): boolean {
  return active.includes(state)
}

/** Whether the run counts as a failure. */
export function isFailure(state: RunState): boolean {
  return failures.includes(state)
}

const severity: Record<RunState, number> = {
  failed: 0,
  timed_out: 1,
  missed: 2,
  retrying: 3,
  cancelled: 4,
  skipped: 5,
  paused: 6,
  running: 7,
  queued: 8,
  waiting: 9,
  moved: 10,
  future: 11,
  succeeded: 12,
}

/** Orders states so that what needs a person comes first. */
export function compareSeverity(a: RunState, b: RunState): number {
  return severity[a] - severity[b]
}
