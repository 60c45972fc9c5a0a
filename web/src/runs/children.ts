/** How many children of a run are in each state, as the database counts them. */
export interface RollUp {
  readonly total: number | null
  readonly unfinished: number | null
  readonly queued: number | null
  readonly running: number | null
  readonly retrying: number | null
  readonly succeeded: number | null
  readonly failed: number | null
  readonly timedOut: number | null
  readonly cancelled: number | null
  readonly skipped: number | null
}

/** "10,000: 9,998 succeeded, 2 failed"; what there is none of is left out. */
export function countsInWords(of: RollUp): string {
  const begun = (of.running ?? 0) + (of.retrying ?? 0) + (of.queued ?? 0)
  const counts = [
    [of.succeeded, 'succeeded'],
    [of.failed, 'failed'],
    [of.timedOut, 'timed out'],
    [of.cancelled, 'cancelled'],
    [of.skipped, 'skipped'],
    [of.running, 'running'],
    [of.retrying, 'retrying'],
    [of.queued, 'queued'],
    [(of.unfinished ?? 0) - begun, 'waiting'],
  ] as const
  const words = counts.flatMap(([count, state]) =>
    count !== null && count > 0 ? [`${count.toLocaleString('en-GB')} ${state}`] : [],
  )
  return `${(of.total ?? 0).toLocaleString('en-GB')}: ${words.join(', ')}`
}
