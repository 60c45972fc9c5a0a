import { lateOf, tookOf, type RunTimes } from '../../runs/run.ts'
import { isActive, isFailure, runStateOf, type RunState } from '../../runs/runState.ts'
import { median } from '../../time/duration.ts'

/** A run as far as numbers about it need. */
export interface MeasuredRun extends RunTimes {
  readonly rowId: string
  readonly status: string
  readonly scheduledFor: string
}

export interface Outcome {
  readonly id: string
  readonly state: RunState
  readonly at: string
  /** Milliseconds it took; null when it did not run or is not done. */
  readonly took: number | null
}

export interface RunStatistics {
  /** The oldest first. */
  readonly outcomes: readonly Outcome[]
  readonly finished: number
  readonly succeeded: number
  readonly medianTook: number | undefined
  readonly p95Took: number | undefined
  readonly medianLate: number | undefined
  readonly worstLate: number | undefined
}

/** Numbers about the latest runs, given the newest first. */
export function runStatistics(runs: readonly MeasuredRun[]): RunStatistics {
  const outcomes = runs
    .map((run) => ({ id: run.rowId, state: runStateOf(run.status), at: run.scheduledFor, took: tookOf(run) }))
    .reverse()
  const ran = outcomes.filter(({ state }) => state === 'succeeded' || isFailure(state))
  const took = outcomes.flatMap(({ state, took }) => (state === 'succeeded' && took !== null ? [took] : []))
  const late = runs.flatMap((run) => lateOf(run) ?? [])
  return {
    outcomes: outcomes.filter(({ state }) => !isActive(state)),
    finished: ran.length,
    succeeded: ran.filter(({ state }) => state === 'succeeded').length,
    medianTook: median(took),
    p95Took: took.toSorted((a, b) => a - b)[Math.ceil(took.length * 0.95) - 1],
    medianLate: median(late),
    worstLate: late.length === 0 ? undefined : Math.max(...late),
  }
}
