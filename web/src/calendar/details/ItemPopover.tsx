import { IconX } from '@tabler/icons-react'
import { useEffect, useRef, type ReactNode } from 'react'
import { itemKey, type CalendarItem } from '../items/calendarItem.ts'
import { Anchored } from './Anchored.tsx'
import { ItemFacts, type ItemDetail } from './ItemFacts.tsx'
import './itemPanel.css'

interface ItemPopoverProps {
  item: CalendarItem
  timeZone: string
  /** Null while it is on its way, or where nothing more is known. */
  detail: ItemDetail | null
  zoneSwitch?: ReactNode
  /** Why it ran, or did not, or will not. */
  why: ReactNode
  actions: ReactNode
  /** Where it is drawn. */
  anchor: () => Element | null
  onClose: () => void
  /** It closes by a press elsewhere, which takes the focus there. */
  onLeave: () => void
}

/** One item of the calendar, next to where it is drawn. */
export function ItemPopover({
  item,
  timeZone,
  detail,
  zoneSwitch,
  why,
  actions,
  anchor,
  onClose,
  onLeave,
}: ItemPopoverProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  const identity = itemKey(item)
  useEffect(() => heading.current?.focus({ preventScroll: true }), [identity])
  return (
    <Anchored anchor={anchor} label={item.scheduleName} className="item-popover" onLeave={onLeave}>
      <div className="item-head">
        <h2 ref={heading} tabIndex={-1} data-autofocus>
          {item.scheduleName}
        </h2>
        <button type="button" onClick={onClose} aria-label="Close" title="Close (Esc)">
          <IconX size={16} aria-hidden />
        </button>
      </div>
      <ItemFacts {...{ item, timeZone, detail, zoneSwitch, why, actions }} />
    </Anchored>
  )
}
