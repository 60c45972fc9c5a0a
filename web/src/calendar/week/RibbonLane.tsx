import { memo } from 'react'
import type { RibbonLane as Lane, RibbonSegment } from '../items/ribbons.ts'
import type { OpenItems } from '../items/ItemChip.tsx'
import { scheduleHue } from '../items/scheduleHue.ts'
import { runStateLabel, type RunState } from '../../runs/runState.ts'
import { spokenCounts } from '../items/spokenLabel.ts'
import { axisPlace, type TimeAxis } from '../grid/timeAxis.ts'
import { dateText, timeOnDay } from '../grid/timeFormat.ts'
import { sumCounts } from '../items/calendarItem.ts'
import type { ZonedDay } from '../grid/zonedDay.ts'
import './ribbon.css'

interface RibbonLaneProps {
  lane: Lane
  segments: readonly RibbonSegment[]
  index: number
  axis: TimeAxis
  day: ZonedDay
  timeZone: string
  onOpen: OpenItems
}

interface SegmentProps extends Pick<RibbonLaneProps, 'axis' | 'day' | 'timeZone'> {
  segment: RibbonSegment
  name: string
}

/** What the part of a range that is not an exception looks like. */
function groundOf({ counts }: RibbonSegment): RunState {
  return counts.succeeded > 0 || counts.upcoming === 0 ? 'succeeded' : 'future'
}

/** A range of a ribbon; of one with exceptions, they take the share that they have. */
function Segment({ segment, name, axis, day, timeZone }: SegmentProps) {
  const { state, counts, start, end, key } = segment
  const from = axisPlace(axis, day, start)
  const length = Math.max(axisPlace(axis, day, Math.min(end, day.end)) - from, 1)
  const times = `${timeOnDay(day, start)}–${timeOnDay(day, Math.min(end, day.end - 1))} ${timeZone}`
  const title = `${name}, ${times}: ${spokenCounts(counts) || runStateLabel(state).toLowerCase()}`
  const exceptions = isException(state) ? counts[state] : counts.total
  const share = counts.total === 0 ? 1 : exceptions / counts.total
  return (
    <>
      {share < 1 && isException(state) && (
        <i
          data-run-state={groundOf(segment)}
          data-segment={key}
          title={title}
          style={{ '--at': from, '--for': length }}
        />
      )}
      <i
        data-run-state={state}
        data-segment={key}
        title={title}
        style={{ '--at': from, '--for': isException(state) ? length * share : length }}
      />
    </>
  )
}

function isException(state: RunState): state is 'failed' | 'skipped' | 'cancelled' {
  return state === 'failed' || state === 'skipped' || state === 'cancelled'
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
      {segments.map((segment) => (
        <Segment key={segment.key} name={lane.name} {...{ segment, axis, day, timeZone }} />
      ))}
    </button>
  )
})
