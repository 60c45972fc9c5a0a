import { useMemo } from 'react'
import { RunGlyph } from '../../runs/RunGlyph.tsx'
import { isFailure, runStateLabel, type RunState } from '../../runs/runState.ts'
import { weekNumber } from '../grid/calendarRange.ts'
import { countText, dateText } from '../grid/timeFormat.ts'
import { useRovingFocus } from '../grid/useRovingFocus.ts'
import type { ZonedDay } from '../grid/zonedDay.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import { excludedByDay, type ExcludedPart, type ExcludedTime } from '../items/excludedTimes.ts'
import type { OpenItems } from '../items/ItemChip.tsx'
import type { UsualDurations } from '../items/usualDurations.ts'
import { DayColumn } from '../week/DayColumn.tsx'
import { ZoneHead } from '../week/ZoneHead.tsx'
import { HourGutter } from '../week/HourGutter.tsx'
import { useTimeGrid } from '../week/useTimeGrid.ts'
import type { WeekDay } from '../week/weekModel.ts'
import { dayModel, laneWidth } from './dayModel.ts'
import '../week/week.css'
import './day.css'

interface DayViewProps {
  /** The one day. */
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
  onOpen: OpenItems
}

const widestGutter = 88

interface SummaryProps {
  drawn: WeekDay
  outcomes: readonly { state: RunState; count: number }[]
  excluded: readonly ExcludedPart[]
  isToday: boolean
}

/** The head of the one day: its date, what excludes all of it, and how many went how. */
function DaySummary({ drawn, outcomes, excluded, isToday }: SummaryProps) {
  const { day } = drawn
  const hours = (day.end - day.start) / 3_600_000
  const names = excluded.filter(({ isWholeDay }) => isWholeDay).map(({ name }) => name)
  return (
    <div className="day-summary" role="columnheader" aria-current={isToday ? 'date' : undefined}>
      <h2>
        <span aria-hidden>{dateText(day.date, 'short')}</span>
        <span className="visually-hidden">{dateText(day.date, 'full')}</span>
        <small>
          {isToday && 'Today · '}Week {weekNumber(day.date)}
        </small>
        {hours !== 24 && <span className="day-hours">{hours} h</span>}
        {names.length > 0 && (
          <span className="day-excluded" title={`Excluded: ${names.join(', ')}`}>
            <span className="visually-hidden">Excluded: </span>
            {names.join(', ')}
          </span>
        )}
      </h2>
      <ul aria-label="Outcomes">
        {outcomes.map(({ state, count }) => (
          <li key={state} data-run-state={state} data-bad={isFailure(state) || undefined} data-hue="2">
            <RunGlyph state={state} />
            <b>{countText(count)}</b> {runStateLabel(state).toLowerCase()}
          </li>
        ))}
        {outcomes.length === 0 && <li>Nothing on this day</li>}
      </ul>
    </div>
  )
}

/** The names of the ribbons, each above its own. */
function LaneNames({ ribbons }: Pick<WeekDay, 'ribbons'>) {
  return (
    <div className="lane-names" aria-hidden>
      {ribbons.map(({ lane, segments }) => (
        <span
          key={lane.key}
          title={lane.name}
          data-bad={segments.some(({ state }) => isFailure(state)) || undefined}
        >
          {lane.name}
        </span>
      ))}
    </div>
  )
}

/** One day over the full width: ribbons under their names, and chips side by side. */
export function DayView(props: DayViewProps) {
  const { days, items, excluded, usual, now, timeZone, openKeys, openedKey, keptKey = null, onOpen } = props
  const parts = useMemo(() => excludedByDay(excluded, days)[0] ?? [], [excluded, days])
  const { body, width, minute, least, nudge, secondZone } = useTimeGrid(days, now, props.secondZone)
  const roving = useRovingFocus<HTMLDivElement>()
  const [day] = days
  const model = useMemo(
    () =>
      day &&
      dayModel(items, day, { now, least, nudge, width, gutter: widestGutter, usual, openedKey, keptKey }),
    [items, day, now, least, nudge, width, usual, openedKey, keptKey],
  )
  if (model?.drawn === undefined) return null
  const { axis, lanes, drawn, outcomes } = model
  const isToday = now >= drawn.day.start && now < drawn.day.end

  return (
    <div
      className="week day-view"
      role="grid"
      aria-label="Day"
      {...roving}
      style={{
        '--minute': `${minute}px`,
        '--length': axis.length,
        '--lane-width': `${laneWidth}px`,
        '--lanes': lanes.length,
      }}
    >
      <div className="week-head" role="row">
        <ZoneHead timeZone={timeZone} secondZone={secondZone} days={days} />
        <div className="day-view-head">
          {lanes.length > 0 && <LaneNames ribbons={drawn.ribbons} />}
          <DaySummary {...{ drawn, outcomes, isToday }} excluded={parts} />
        </div>
      </div>
      <div className="week-body" role="row" ref={body}>
        <HourGutter axis={axis} days={days} secondZone={secondZone} now={now} />
        <DayColumn week={drawn} excluded={parts} isWide {...{ axis, now, timeZone, openKeys, onOpen }} />
      </div>
    </div>
  )
}
