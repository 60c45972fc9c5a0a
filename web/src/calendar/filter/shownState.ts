import { isActive, isFailure } from '../../runs/runState.ts'
import {
  isCounted,
  itemState,
  noCounts,
  type CalendarItem,
  type OutcomeCounts,
} from '../items/calendarItem.ts'

/** What the calendar can be narrowed to: what happened to an occurrence, or will. */
export const shownStates = ['failed', 'running', 'succeeded', 'skipped', 'upcoming', 'paused'] as const

export type ShownState = (typeof shownStates)[number]

/** The choices in words. */
export const shownStateNames: Record<ShownState, string> = {
  failed: 'Failed',
  running: 'Running or waiting',
  succeeded: 'Succeeded',
  skipped: 'Skipped or missed',
  upcoming: 'Upcoming',
  paused: 'Paused',
}

function stateOf(item: CalendarItem): ShownState {
  const state = itemState(item)
  if (isFailure(state)) return 'failed'
  if (isActive(state)) return 'running'
  if (state === 'future' || state === 'moved') return 'upcoming'
  return state === 'succeeded' || state === 'paused' ? state : 'skipped'
}

const countsOf: Record<ShownState, readonly Exclude<keyof OutcomeCounts, 'total'>[]> = {
  failed: ['failed'],
  running: ['running', 'waiting'],
  succeeded: ['succeeded'],
  skipped: ['skipped', 'cancelled'],
  upcoming: ['upcoming'],
  paused: ['upcoming'],
}

/** What is left of an item where only one state is shown; of counts, those of it. */
export function narrowedTo(item: CalendarItem, state: ShownState): CalendarItem | null {
  if (!isCounted(item)) return stateOf(item) === state ? item : null
  const isPaused = item.scheduleStatus === 'paused'
  if (state === 'paused' ? !isPaused : state === 'upcoming' && isPaused) return null
  const kept = { ...noCounts }
  for (const key of countsOf[state]) {
    kept[key] = item[key]
    kept.total += item[key]
  }
  return kept.total === 0 ? null : { ...item, ...kept }
}
