/** Every state that a run, or a place where a run would be, can be shown in. */
export const runStates = [
  'future',
  'moved',
  'waiting',
  'queued',
  'running',
  'retrying',
  'succeeded',
  'failed',
  'timed_out',
  'cancelled',
  'skipped',
  'missed',
  'paused',
] as const

export type RunState = (typeof runStates)[number]

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
  return state === 'waiting' || state === 'queued' || state === 'running' || state === 'retrying'
}

/** Whether the run counts as a failure. */
export function isFailure(state: RunState): boolean {
  return state === 'failed' || state === 'timed_out'
}

const severity: readonly RunState[] = [
  'failed',
  'timed_out',
  'missed',
  'retrying',
  'cancelled',
  'skipped',
  'paused',
  'running',
  'queued',
  'waiting',
  'moved',
  'future',
  'succeeded',
]

/** Orders states so that what needs a person comes first. */
export function compareSeverity(a: RunState, b: RunState): number {
  return severity.indexOf(a) - severity.indexOf(b)
}
