import { compareSeverity, type RunState } from '../../runs/runState.ts'
import { itemState, type CalendarItem } from './calendarItem.ts'
import { countParts } from './spokenLabel.ts'

function shares(items: readonly CalendarItem[]): [RunState, number][] {
  const counts = new Map<RunState, number>()
  const add = (state: RunState, count: number) => counts.set(state, (counts.get(state) ?? 0) + count)
  for (const item of items) {
    if (item.kind === 'bucket') for (const { state, count } of countParts(item)) add(state, count)
    else add(itemState(item), item.total)
  }
  return [...counts].sort(([a], [b]) => compareSeverity(a, b))
}

/** How some items went, as shares of a small bar; said in words next to it. */
export function OutcomeBar({ items }: { items: readonly CalendarItem[] }) {
  return (
    <span className="outcome-bar" aria-hidden>
      {shares(items).map(([state, count]) => (
        <i key={state} data-run-state={state} style={{ flexGrow: count }} />
      ))}
    </span>
  )
}
