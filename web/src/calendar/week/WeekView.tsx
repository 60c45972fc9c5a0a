import { useMemo } from 'react'
import { DayColumn } from './DayColumn.tsx'
import { DayHead, ZoneHead } from './DayHead.tsx'
import { excludedByDay, type ExcludedTime } from '../items/excludedTimes.ts'
import { HourGutter } from './HourGutter.tsx'
import { sumCounts, type CalendarItem } from '../items/calendarItem.ts'
import type { OpenItems } from '../items/ItemChip.tsx'
import { isSteady } from '../grid/timeAxis.ts'
import { useHeight } from '../grid/useHeight.ts'
import { useRovingFocus } from '../grid/useRovingFocus.ts'
import { weekModel } from './weekModel.ts'
import type { ZonedDay } from '../grid/zonedDay.ts'
import './week.css'

interface WeekViewProps {
  days: readonly ZonedDay[]
  items: readonly CalendarItem[]
  now: number
  timeZone: string
  /** A second column of hours; null for none. */
  secondZone: string | null
  excluded: readonly ExcludedTime[]
  openKeys: ReadonlySet<string>
  onOpen: OpenItems
}

const leastHour = 30
const leastChip = 21
const maxLanes = 4

/** The height of an hour: what fits the whole day into the grid, but not less than can be read. */
function hourHeight(height: number | null, hours: number): number {
  return Math.max(leastHour, Math.floor(((height ?? 0) / hours) * 100) / 100)
}

/** Seven days side by side on one scale. */
export function WeekView({ days, items, excluded, now, timeZone, openKeys, onOpen, ...rest }: WeekViewProps) {
  const parts = useMemo(() => excludedByDay(excluded, days), [excluded, days])
  const secondZone = rest.secondZone !== null && isSteady(days, rest.secondZone) ? rest.secondZone : null
  const hasLongDay = days.some((day) => day.repeated.length > 0)
  const [body, bodyHeight] = useHeight()
  const height = hourHeight(bodyHeight, hasLongDay ? 25 : 24)
  const roving = useRovingFocus<HTMLDivElement>()
  const week = useMemo(() => {
    const inMinutes = (pixels: number) => (pixels / height) * 60
    const sizes = { least: inMinutes(leastChip), nudge: inMinutes(6), maxColumns: 2, maxFailures: 3 }
    return weekModel(items, days, { now, sizes, maxLanes })
  }, [items, days, now, height])

  return (
    <div
      className="week"
      role="grid"
      aria-label="Week"
      {...roving}
      style={{ '--minute': `${height / 60}px`, '--length': week.axis.length }}
    >
      <div className="week-head" role="row">
        <ZoneHead timeZone={timeZone} secondZone={secondZone} />
        {week.days.map(({ day, counts, missed, leftOut }, index) => (
          <DayHead
            key={day.date}
            date={day.date}
            hours={(day.end - day.start) / 3_600_000}
            isToday={now >= day.start && now < day.end}
            counts={counts}
            missed={missed}
            leftOut={sumCounts(leftOut).total}
            excluded={parts[index] ?? []}
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
            {...{ now, timeZone, openKeys, onOpen }}
          />
        ))}
      </div>
    </div>
  )
}
