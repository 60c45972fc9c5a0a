import { describeError, type Log } from '../../process/log.ts'
import type { Query } from '../../process/query.ts'
import { AGAIN } from './sharing.ts'

/** Looks after runs that wait for a place in their resource group. */
export interface GroupLine {
  /** A run has been put back, as its group has no room. */
  waits(): void
  stop(): void
}

/**
 * The database calls the next one whenever one of its group ends. Room that comes without an end is looked for as long as any
 * run waits, after each `pause`: a limit was raised, a period is over. Other workers look with their heartbeats.
 */
export function createGroupLine({
  query,
  nudge,
  log,
  pause = AGAIN,
}: {
  query: Query
  nudge: (count: number) => void
  log: Log
  pause?: number
}): GroupLine {
  let timer: NodeJS.Timeout | undefined
  let hasStopped = false
  let hasFailed = false

  function lookSoon(): void {
    if (timer || hasStopped) return
    timer = setTimeout(() => void look(), pause).unref()
  }

  async function look(): Promise<void> {
    let isWaiting = true
    try {
      const [row] = await query<{ called: number; is_waiting: boolean }>(
        'select called, is_waiting from almanac_private.call_waiting()',
      )
      isWaiting = row?.is_waiting ?? false
      if (row && row.called > 0) nudge(row.called)
      hasFailed = false
    } catch (error) {
      if (!hasFailed)
        log(
          'warning',
          `Runs that wait for their resource group will start a little later: ${describeError(error)}`,
        )
      hasFailed = true
    }
    timer = undefined
    if (isWaiting) lookSoon()
  }

  return {
    waits: lookSoon,
    stop() {
      hasStopped = true
      clearTimeout(timer)
    },
  }
}
