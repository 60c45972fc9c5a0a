import { isActive, isFailure, runStateOf, type RunState } from '../runState.ts'
import { tookOf } from '../run.ts'
import type { Instant } from '../../time/instant.ts'

/** A run of the same schedule. */
export interface Sibling {
  readonly rowId: string
  readonly status: string
  readonly scheduledFor: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
}

/** As many runs are shown. */
const mostBars = 40
/** As many of them may be later than this run. */
const mostLater = 19

export interface Bar {
  readonly id: string
  readonly state: RunState
  readonly at: Instant
  readonly took: number | null
  readonly isThis: boolean
  /** Percent of the height that there is. */
  readonly height: number
}

/** Runs around one, the oldest first. `earlier` is given with the newest first, `later` with the oldest. */
export function barsAround(
  run: Sibling,
  earlier: readonly Sibling[],
  later: readonly Sibling[],
  most: number = mostBars,
): readonly Bar[] {
  const after = later.slice(0, mostLater)
  const shown = [...earlier.slice(0, most - 1 - after.length).toReversed(), run, ...after]
  const longest = Math.max(1, ...shown.map((one) => tookOf(one) ?? 0))
  return shown.map((one) => {
    const state = runStateOf(one.status)
    const took = tookOf(one)
    return {
      id: one.rowId,
      state,
      at: one.scheduledFor,
      took,
      isThis: one.rowId === run.rowId,
      height:
        isFailure(state) || isActive(state)
          ? 100
          : took === null
            ? 30
            : Math.round(20 + (70 * took) / longest),
    }
  })
}
