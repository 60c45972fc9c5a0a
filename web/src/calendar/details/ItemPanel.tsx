import { useEffect, useRef, type ReactNode } from 'react'
import { IconX } from '@tabler/icons-react'
import { RunGlyph, RunStateText } from '../../runs/RunGlyph.tsx'
import { formatClock, formatDay } from '../../time/instant.ts'
import { isOfAll, itemKey, itemState, sumCounts, type CalendarItem } from '../items/calendarItem.ts'
import { outcomes, outcomeText } from '../items/outcomes.ts'
import { spokenCounts } from '../items/spokenLabel.ts'
import './itemPanel.css'

interface ItemPanelProps {
  items: readonly CalendarItem[]
  timeZone: string
  /** Buttons and links for the one schedule of all items. */
  actions: (item: CalendarItem) => ReactNode
  onSelect: (item: CalendarItem, element: HTMLElement) => void
  onClose: () => void
}

/** What shares one place in the calendar, next to it: a list to choose from. */
export function ItemPanel({ items, timeZone, actions, onSelect, onClose }: ItemPanelProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  const first = items[0]
  const identity = first === undefined ? '' : `${itemKey(first)}:${items.length}`
  useEffect(() => heading.current?.focus(), [identity])
  if (first === undefined) return null
  const isOneSchedule = !isOfAll(first) && items.every((item) => item.scheduleId === first.scheduleId)
  const total = sumCounts(items).total
  return (
    <aside className="item-panel" aria-label="Details">
      <header>
        <h2 ref={heading} tabIndex={-1}>
          {isOneSchedule
            ? first.scheduleName
            : `${total.toLocaleString('en-GB')} on ${formatDay(first.startsAt, timeZone)}`}
        </h2>
        <button type="button" onClick={onClose} aria-label="Close" title="Close (Esc)">
          <IconX size={16} aria-hidden />
        </button>
      </header>
      <p className="item-counts">
        {outcomes(items).map(({ state, count }) => (
          <RunStateText key={state} state={state}>
            {outcomeText({ state, count })}
          </RunStateText>
        ))}
      </p>
      <ul>
        {items.slice(0, 200).map((item) => (
          <li key={itemKey(item)}>
            {isOfAll(item) ? (
              <p>
                <time>{formatClock(item.startsAt, timeZone, 'never')}</time>
                <RunGlyph state={itemState(item)} label={itemState(item)} />
                <span>{spokenCounts(item)}</span>
              </p>
            ) : (
              <button type="button" onClick={(event) => onSelect(item, event.currentTarget)}>
                <time>{formatClock(item.startsAt, timeZone, 'never')}</time>
                <RunGlyph state={itemState(item)} label={itemState(item)} />
                <span>{isOneSchedule ? spokenCounts(item) : item.scheduleName}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      {items.length > 200 && <p className="item-counts">{items.length - 200} more are not listed.</p>}
      {isOneSchedule && <div className="item-actions">{actions(first)}</div>}
    </aside>
  )
}
