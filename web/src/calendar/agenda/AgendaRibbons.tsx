import { sumCounts, type CalendarItem } from '../items/calendarItem.ts'
import type { OpenItems } from '../items/ItemChip.tsx'
import { ribbonSegments, type RibbonLane } from '../items/ribbons.ts'
import { scheduleHue } from '../items/scheduleHue.ts'
import { spokenCounts } from '../items/spokenLabel.ts'
import { countText } from '../grid/timeFormat.ts'
import type { ZonedDay } from '../grid/zonedDay.ts'

interface AgendaRibbonsProps {
  lanes: readonly RibbonLane[]
  /** The day's buckets and gaps of frequent schedules. */
  items: readonly CalendarItem[]
  day: ZonedDay
  now: number
  onOpen: OpenItems
}

/** Frequent schedules of one day, each as a ribbon lying down, from its first hour to its last. */
export function AgendaRibbons({ lanes, items, day, now, onOpen }: AgendaRibbonsProps) {
  const place = (at: number) => (Math.min(at, day.end) - day.start) / (day.end - day.start)
  return lanes.map((lane) => {
    const segments = ribbonSegments(lane, items, now)
    if (segments.length === 0) return null
    const counts = sumCounts(segments.map((each) => each.counts))
    return (
      <button
        key={lane.key}
        type="button"
        className="agenda-ribbon"
        data-hue={scheduleHue(lane.key)}
        onClick={(event) =>
          onOpen(
            segments.flatMap((each) => each.items),
            event.currentTarget,
          )
        }
      >
        <span className="visually-hidden">
          {lane.name}, {spokenCounts(counts)}
        </span>
        <b aria-hidden>{lane.name}</b>
        <span className="agenda-track" aria-hidden>
          {segments.map((each) => (
            <i
              key={each.key}
              data-run-state={each.state}
              style={{ '--from': place(each.start), '--for': place(each.end) - place(each.start) }}
            />
          ))}
        </span>
        <small aria-hidden data-run-state={counts.failed > 0 ? 'failed' : undefined}>
          {counts.failed > 0 ? `${countText(counts.failed)} failed` : countText(counts.total)}
        </small>
      </button>
    )
  })
}
