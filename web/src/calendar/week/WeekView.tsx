import { useMemo } from 'react'
import { DayColumn } from './DayColumn.tsx'
import { DayHead } from './DayHead.tsx'
import { ZoneHead } from './ZoneHead.tsx'
import { excludedByDay, type ExcludedTime } from '../items/excludedTimes.ts'
import { HourGutter } from './HourGutter.tsx'
import type { CalendarItem } from '../items/calendarItem.ts'
import type { OpenItems } from '../items/ItemChip.tsx'
import type { UsualDurations } from '../items/usualDurations.ts'
import { useRovingFocus } from '../grid/useRovingFocus.ts'
import { useTimeGrid } from './useTimeGrid.ts'
import { weekModel } from './weekModel.ts'
import { dayOf, type ZonedDay } from '../grid/zonedDay.ts'
import './week.css'

interface WeekViewProps {
  days: readonly ZonedDay[]
  items: readonly CalendarItem[]
  now: number
  timeZone: string
  /** A second column of hours; null for none. */
  secondZone: string | null
  usual?: UsualDurations | undefined
  excluded: readonly ExcludedTime[]
  openKeys: ReadonlySet<string>
  openedKey?: string | undefined
  keptKey?: string | null
  /** How many ribbons a day has. */
  maxLanes: number
  onOpen: OpenItems
  onShowDay: (date: string) => void
}

/** From this width on, a day has room for two columns of chips, in pixels. */
const roomForTwo = 170
const gutter = 88

/** Seven days side by side on one scale. */
export function WeekView(props: WeekViewProps) {
  const { days, items, excluded, usual, now, timeZone, openKeys, onOpen, onShowDay } = props
  const { openedKey, keptKey = null, maxLanes } = props
  const parts = useMemo(() => excludedByDay(excluded, days), [excluded, days])
  const { body, width, minute, least, nudge, secondZone } = useTimeGrid(days, now, props.secondZone)
  const roving = useRovingFocus<HTMLDivElement>()
  const week = useMemo(() => {
    const column = width === null ? roomForTwo : (width - gutter) / (days.length + 1)
    const maxColumns = column >= roomForTwo ? 2 : 1
    const sizes = { least, nudge, maxColumns, hasFixedColumns: false, maxFailures: 4 }
    const todayColumns = column * 1.6 >= roomForTwo ? 2 : 1
    const todaySizes = { maxColumns: todayColumns, crowdColumns: width === null ? 1 : todayColumns }
    return weekModel(items, days, {
      now,
      sizes,
      todaySizes,
      maxLanes,
      laneOrder: 'most frequent',
      hasTails: true,
      openedKey,
      keptKey,
      ...(usual === undefined ? {} : { usual }),
    })
  }, [items, days, now, least, nudge, width, usual, openedKey, keptKey, maxLanes])

  const hasToday = dayOf(days, now) !== undefined
  // Today has the most to see, and the most that changes: more room, unless each chip has a place of its own.
  const isWide = (day: ZonedDay, index: number) =>
    now >= day.start &&
    now < day.end &&
    (week.days[index]?.blocks ?? []).some(({ columns, items }) => columns + items.length > 2)
  const columns = days
    .map((day, index) => `minmax(0, ${isWide(day, index) ? 'var(--today-share)' : '1fr'})`)
    .join(' ')

  return (
    <div
      className="week"
      role="grid"
      aria-label="Week"
      {...roving}
      data-has-today={hasToday || undefined}
      style={{ '--minute': `${minute}px`, '--length': week.axis.length, '--columns-of-days': columns }}
    >
      <div className="week-head" role="row">
        <ZoneHead timeZone={timeZone} secondZone={secondZone} days={days} />
        {week.days.map(({ day, counts, missed }, index) => (
          <DayHead
            key={day.date}
            date={day.date}
            hours={(day.end - day.start) / 3_600_000}
            isToday={now >= day.start && now < day.end}
            counts={counts}
            missed={missed}
            excluded={parts[index] ?? []}
            onShowDay={onShowDay}
          />
        ))}
      </div>
      <div className="week-body" role="row" ref={body}>
        <HourGutter axis={week.axis} days={days} secondZone={secondZone} now={now} />
        {week.days.map((each, index) => (
          <DayColumn
            key={each.day.date}
            week={each}
            excluded={parts[index] ?? []}
            axis={week.axis}
            hasTails
            {...{ now, timeZone, openKeys, onOpen }}
          />
        ))}
      </div>
    </div>
  )
}
