import { describeError, type Log } from '../../process/log.ts'
import type { Query } from '../../process/query.ts'
import type { PutBack } from '../sharing/sharing.ts'

/** Has the jobs of runs that were put back taken now. Answers by run: false, if someone holds its job locked. */
export function createTakeBack({
  query,
  nudge,
  log,
}: {
  query: Query
  nudge: (count: number) => void
  log: Log
}): (runs: readonly PutBack[]) => Promise<ReadonlyMap<string, boolean>> {
  let hasFailed = false

  return async (runs) => {
    try {
      const rows = await query<{ run_id: string; is_due: boolean }>(
        'select run_id, is_due from almanac_private.take_back_runs($1, $2)',
        [runs.map(({ runId }) => runId), runs.map(({ scheduledFor }) => scheduledFor)],
      )
      hasFailed = false
      nudge(rows.filter(({ is_due }) => is_due).length)
      return new Map(rows.map(({ run_id, is_due }) => [run_id, is_due]))
    } catch (error) {
      // It is tried again and again while there is room.
      if (!hasFailed)
        log('warning', `Runs that wait for a slot will start a little later: ${describeError(error)}`)
      hasFailed = true
      throw error
    }
  }
}
