import { memo, useContext, type CSSProperties } from 'react'
import { RunGlyph } from '../../runs/RunGlyph.tsx'
import { useWarningsOf, warningsText, WarningsContext } from '../../schedules/warnings/scheduleWarnings.ts'
import { WarningBadge } from '../../schedules/warnings/WarningBadge.tsx'
import { Elapsed } from '../../time/Time.tsx'
import { useAreSelected, useIsSelected } from '../select/selection.ts'
import { isUpcoming, itemKey, itemState, type CalendarItem } from './calendarItem.ts'
import { OutcomeBar } from './OutcomeBar.tsx'
import type { PileFace } from './pile.ts'
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
  const key = itemKey(item)
  const isSelected = useIsSelected(key)
  const known = useWarningsOf(item.scheduleId)
  const warnings = isUpcoming(item) ? known : []
  const said = [label, warningsText(warnings)].filter((part) => part !== '').join('. ')
  return (
    <button
      type="button"
      className="chip"
      data-run-state={state}
      data-hue={scheduleHue(item.scheduleId)}
      data-item={key}
      data-selected={isSelected || undefined}
      data-at={item.startsAt}
      data-stop
      tabIndex={-1}
      aria-expanded={isOpen}
      title={said}
      style={style}
      onClick={(event) => onOpen([item], event.currentTarget)}
    >
      <RunGlyph state={state} />
      <span className="visually-hidden">
        {said}
        {isSelected && ', selected'}
      </span>
      <span aria-hidden>{item.scheduleName}</span>
      <WarningBadge warnings={warnings} isSilent />
      {note === null ? (
        <time aria-hidden>{time}</time>
      ) : (
        <em aria-hidden>
          {state === 'running' && item.startedAt !== null ? <Elapsed since={item.startedAt} /> : note}
        </em>
      )}
    </button>
  )
})

interface PileChipProps {
  items: readonly CalendarItem[]
  face: PileFace
  label: string
  isOpen: boolean
  style?: CSSProperties
  onOpen: OpenItems
}

const namesOf = (items: readonly CalendarItem[]) =>
  [...new Set(items.map(({ scheduleName }) => scheduleName))].join(', ')

/** Several items at one place: of one outcome drawn as that, otherwise counted by outcome with a small bar. */
export function PileChip({ items, face, label, isOpen, style, onOpen }: PileChipProps) {
  const { text, more, state, counts } = face
  const isSelected = useAreSelected(items)
  const known = useContext(WarningsContext)
  const warned = items.filter((item) => isUpcoming(item) && known.has(item.scheduleId))
  const warnings = [...new Set(warned.flatMap((item) => known.get(item.scheduleId) ?? []))]
  const said = warned.length === 0 ? label : `${label}. With warnings: ${namesOf(warned)}`
  return (
    <button
      type="button"
      className="chip pile"
      data-items={items.map(itemKey).join(' ')}
      data-selected={isSelected || undefined}
      data-run-state={state ?? undefined}
      data-hue={2}
      data-stop
      tabIndex={-1}
      aria-expanded={isOpen}
      title={said}
      style={style}
      onClick={(event) => onOpen(items, event.currentTarget)}
    >
      {state !== null && counts.length === 0 && <RunGlyph state={state} />}
      <span className="visually-hidden">{said}</span>
      <span aria-hidden>{text}</span>
      <WarningBadge warnings={warnings} isSilent />
      {more > 0 && <b aria-hidden>+{more.toLocaleString('en-GB')}</b>}
      {counts.length > 0 && (
        <span className="pile-counts" aria-hidden>
          {counts.map((each) => (
            <i key={each.state} data-run-state={each.state}>
              <RunGlyph state={each.state} />
              {each.count.toLocaleString('en-GB')}
            </i>
          ))}
          {counts.length > 1 && <OutcomeBar items={items} />}
        </span>
      )}
    </button>
  )
}
