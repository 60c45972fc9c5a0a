import type { CalendarItem } from './calendarItem.ts'
import { outcomes } from './outcomes.ts'

/** How some items went, as shares of a small bar; said in words next to it. */
export function OutcomeBar({ items }: { items: readonly CalendarItem[] }) {
  return (
    <span className="outcome-bar" aria-hidden>
      {outcomes(items).map(({ state, count }) => (
        <i key={state} data-run-state={state} style={{ flexGrow: count }} />
      ))}
    </span>
  )
}
