/** How long the runs of a schedule take, in milliseconds. */
export interface UsualDuration {
  p50: number
  p95: number
  /** How many runs that is known from. */
  runs: number
}

/** By schedule; one of which no run has succeeded of late is not there. */
export type UsualDurations = ReadonlyMap<string, UsualDuration>
