import { compareSeverity, runStateLabel, type RunState } from '../../runs/runState.ts'
import { countText } from '../grid/timeFormat.ts'
import { isCounted, itemState, type CalendarItem } from './calendarItem.ts'
import { countParts } from './spokenLabel.ts'

/** How many of some items are in each state, what needs a person first. */
export function outcomes(items: readonly CalendarItem[]): { state: RunState; count: number }[] {
  const counts = new Map<RunState, number>()
  const add = (state: RunState, count: number) => counts.set(state, (counts.get(state) ?? 0) + count)
  for (const item of items) {
    if (isCounted(item)) for (const { state, count } of countParts(item)) add(state, count)
    else add(itemState(item), item.total)
  }
  return [...counts]
    .map(([state, count]) => ({ state, count }))
    .sort((a, b) => compareSeverity(a.state, b.state))
}

/** "1 cancelled" */
export function outcomeText({ state, count }: { state: RunState; count: number }): string {
  return `${countText(count)} ${runStateLabel(state).toLowerCase()}`
}

/** "1 cancelled, 4 succeeded" */
export function spokenOutcomes(items: readonly CalendarItem[]): string {
  return outcomes(items).map(outcomeText).join(', ')
}
