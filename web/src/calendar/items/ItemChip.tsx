import { IconStack2 } from '@tabler/icons-react'
import { memo, type CSSProperties } from 'react'
import { RunGlyph } from '../../runs/RunGlyph.tsx'
import { compareSeverity, type RunState } from '../../runs/runState.ts'
import { itemKey, itemState, type CalendarItem } from './calendarItem.ts'
import { OutcomeBar } from './OutcomeBar.tsx'
import { scheduleHue } from './scheduleHue.ts'
import './chip.css'

/** Opens something of the calendar next to it; the element gets the focus back. */
export type OpenItems = (items: readonly CalendarItem[], opener: HTMLElement) => void

interface ItemChipProps {
  item: CalendarItem
  /** The spoken label, with time, zone, state and reason. */
  label: string
  time: string
  /** Shown instead of the time: the attempt, or how long it has been running. */
  note: string | null
  isOpen: boolean
  style?: CSSProperties
  onOpen: OpenItems
}

/** One run or occurrence, drawn by its state. */
export const ItemChip = memo(function ItemChip({
  item,
  label,
  time,
  note,
  isOpen,
  style,
  onOpen,
}: ItemChipProps) {
  const state = itemState(item)
  return (
    <button
      type="button"
      className="chip"
      data-run-state={state}
      data-hue={scheduleHue(item.scheduleId)}
      data-item={itemKey(item)}
      data-stop
      tabIndex={-1}
      aria-expanded={isOpen}
      title={label}
      style={style}
      onClick={(event) => onOpen([item], event.currentTarget)}
    >
      <RunGlyph state={state} />
      <span className="visually-hidden">{label}</span>
      <span aria-hidden>{item.scheduleName}</span>
      {note === null ? <time aria-hidden>{time}</time> : <em aria-hidden>{note}</em>}
    </button>
  )
})

interface PileChipProps {
  items: readonly CalendarItem[]
  text: string
  label: string
  isOpen: boolean
  style?: CSSProperties
  onOpen: OpenItems
}

/** Several items at one place, with a bar of their outcomes. */
export function PileChip({ items, text, label, isOpen, style, onOpen }: PileChipProps) {
  const states = items.map(itemState)
  const worst: RunState = [...states].sort(compareSeverity)[0] ?? 'future'
  return (
    <button
      type="button"
      className="chip pile"
      data-worst={worst}
      data-stop
      tabIndex={-1}
      aria-expanded={isOpen}
      title={label}
      style={style}
      onClick={(event) => onOpen(items, event.currentTarget)}
    >
      <IconStack2 aria-hidden />
      <span className="visually-hidden">{label}</span>
      <span aria-hidden>{text}</span>
      <OutcomeBar items={items} />
    </button>
  )
}
