import { useMediaQuery } from '@mantine/hooks'
import { useMemo } from 'react'
import type { CalendarItem } from '../items/calendarItem.ts'
import type { ExcludedTime } from '../items/excludedTimes.ts'
import type { OpenItems } from '../items/ItemChip.tsx'
import { MonthCell } from './MonthCell.tsx'
import { monthModel } from './monthModel.ts'
import { dateText } from '../grid/timeFormat.ts'
import { useSize } from '../grid/useSize.ts'
import { useRovingFocus } from '../grid/useRovingFocus.ts'
import type { ZonedDay } from '../grid/zonedDay.ts'
import './month.css'

interface MonthViewProps {
  days: readonly ZonedDay[]
  /** As 2026-11. */
  month: string
  items: readonly CalendarItem[]
  excluded: readonly ExcludedTime[]
  now: number
  timeZone: string
  openKeys: ReadonlySet<string>
  openedKey?: string | undefined
  keptKey?: string | null
  onOpen: OpenItems
  onShowDay: (date: string) => void
  /** Shows all of a day as a list. */
  onListDay: (date: string) => void
}

/** The date, the line for "more", and the edges. */
const restHeight = 41

/** The weeks that a month touches. */
export function MonthView({
  days,
  month,
  items,
  excluded,
  now,
  timeZone,
  openKeys,
  openedKey,
  keptKey = null,
  onOpen,
  onShowDay,
  onListDay,
}: MonthViewProps) {
  const cells = useMemo(() => monthModel(items, days, month, excluded), [items, days, month, excluded])
  const weeks = days.length / 7
  const [body, size] = useSize()
  const room = Math.max(20, Math.floor((size?.height ?? 800) / weeks) - restHeight)
  const isNarrow = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const roving = useRovingFocus<HTMLDivElement>()
  return (
    <div className="month" role="grid" aria-label="Month" {...roving}>
      <div className="month-names" role="row">
        {days
          .slice(0, 7)
          .map(({ date }) => dateText(date, 'name'))
          .map((name) => (
            <span key={name} role="columnheader">
              {name.slice(0, 3)}
              <span className="visually-hidden">{name.slice(3)}</span>
            </span>
          ))}
      </div>
      <div className="month-body" style={{ '--weeks': weeks }} ref={body}>
        {Array.from({ length: weeks }, (_, week) => (
          <div key={cells[week * 7]?.day.date} className="month-week" role="row">
            {cells.slice(week * 7, week * 7 + 7).map((cell, index) => (
              <MonthCell
                key={cell.day.date}
                cell={cell}
                isFirst={week === 0 && index === 0}
                {...{
                  room,
                  isNarrow,
                  now,
                  timeZone,
                  openKeys,
                  openedKey,
                  keptKey,
                  onOpen,
                  onShowDay,
                  onListDay,
                }}
              />
            ))}
          </div>
        ))}
      </div>
    </div>
  )
}
