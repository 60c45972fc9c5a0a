import { memo } from 'react'
import type { RibbonLane as Lane, RibbonSegment } from './ribbons.ts'
import type { OpenItems } from './ItemChip.tsx'
import { scheduleHue } from './scheduleHue.ts'
import { runStateLabel } from '../runs/runState.ts'
import { spokenCounts } from './spokenLabel.ts'
import { axisPlace, type TimeAxis } from './timeAxis.ts'
import { dateText, timeOnDay } from './timeFormat.ts'
import { sumCounts } from './calendarItem.ts'
import type { ZonedDay } from './zonedDay.ts'

interface RibbonLaneProps {
  lane: Lane
  segments: readonly RibbonSegment[]
  index: number
  axis: TimeAxis
  day: ZonedDay
  timeZone: string
  onOpen: OpenItems
}

/** A frequent schedule along one day: a thin ribbon, its exceptions wider than itself. */
export const RibbonLane = memo(function RibbonLane(props: RibbonLaneProps) {
  const { lane, segments, index, axis, day, timeZone, onOpen } = props
  if (segments.length === 0) return null
  const items = segments.flatMap((segment) => segment.items)
  const label = `${lane.name}, ${dateText(day.date, 'short')}, ${spokenCounts(sumCounts(segments.map((each) => each.counts)))}`
  return (
    <button
      type="button"
      className="ribbon"
      data-hue={scheduleHue(lane.key)}
      data-stop
      tabIndex={-1}
      aria-label={label}
      style={{ '--lane': index }}
      onClick={(event) => {
        const key = event.target instanceof HTMLElement ? event.target.dataset['segment'] : undefined
        onOpen(segments.find((segment) => segment.key === key)?.items ?? items, event.currentTarget)
      }}
    >
      {segments.map((segment) => {
        const from = axisPlace(axis, day, segment.start)
        const to = axisPlace(axis, day, Math.min(segment.end, day.end))
        const times = `${timeOnDay(day, segment.start)}–${timeOnDay(day, Math.min(segment.end, day.end - 1))} ${timeZone}`
        return (
          <i
            key={segment.key}
            data-run-state={segment.state}
            data-segment={segment.key}
            title={`${lane.name}, ${times}: ${spokenCounts(segment.counts) || runStateLabel(segment.state).toLowerCase()}`}
            style={{ '--at': from, '--for': Math.max(to - from, 1) }}
          />
        )
      })}
    </button>
  )
})
