import { isFailure, type RunState } from '../../runs/runState.ts'
import { sumCounts, type CalendarItem } from './calendarItem.ts'
import { outcomes } from './outcomes.ts'
import { countText } from '../grid/timeFormat.ts'

/** What a pile shows of what it holds. */
export interface PileFace {
  text: string
  /** How many there are next to the one that is named. */
  more: number
  /** The one outcome of all of it, if there is one. */
  state: RunState | null
  /** Else how many went how. */
  counts: readonly { state: RunState; count: number }[]
}

/**
 * A pile of one outcome is named for its first schedule; another has its time, and how many went how, as has one whose
 * schedules are not known.
 */
export function pileFace(items: readonly CalendarItem[], time: string): PileFace {
  const counts = outcomes(items)
  const state = counts.length === 1 ? (counts[0]?.state ?? null) : null
  const { total } = sumCounts(items)
  if (state !== null && isFailure(state))
    return { text: `${countText(total)} more failed`, more: 0, state, counts: [] }
  if (items.some(({ kind }) => kind === 'pile')) return { text: time, more: 0, state, counts }
  if (state !== null) return { text: items[0]?.scheduleName ?? '', more: total - 1, state, counts: [] }
  return { text: time, more: 0, state, counts }
}
