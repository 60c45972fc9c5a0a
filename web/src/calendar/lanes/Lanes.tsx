import { Link, useNavigate } from '@tanstack/react-router'
import { CalendarSkeleton } from '../CalendarFrame.tsx'
import { ofCalendar, type CalendarSearch } from '../calendarSearch.ts'
import { askForNow } from '../grid/nowAsked.ts'
import { countText } from '../grid/timeFormat.ts'
import type { CalendarRange } from '../grid/calendarRange.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import type { ExcludedTime } from '../items/excludedTimes.ts'
import type { OpenItems } from '../items/ItemChip.tsx'
import { useSlots } from '../items/useSlots.ts'
import { useUsualDurations } from '../items/useUsualDurations.ts'
import { laneSpans, type LaneSpan } from './lanesRange.ts'
import type { LaneSchedule } from './lanesModel.ts'
import { LanesView } from './LanesView.tsx'
import { useLanes } from './useLanes.ts'

interface LanesProps {
  range: CalendarRange
  items: readonly CalendarItem[]
  excluded: readonly ExcludedTime[]
  now: number
  timeZone: string
  search: CalendarSearch
  openKeys: ReadonlySet<string>
  onOpen: OpenItems
}

const spanNames: Record<LaneSpan, string> = { '6h': '6 h', '24h': '24 h', '3d': '3 d', '7d': '7 d' }

/** Lanes that the filter leaves; where it names a state, those that have something in it. */
function lanesLeft(
  schedules: readonly LaneSchedule[],
  items: readonly CalendarItem[],
  { q, status }: Pick<CalendarSearch, 'q' | 'status'>,
): readonly LaneSchedule[] {
  const text = q?.toLowerCase() ?? ''
  const own = status === undefined ? null : new Set(items.map(({ scheduleId }) => scheduleId))
  return schedules.filter(
    ({ scheduleId, name }) => (own?.has(scheduleId) ?? true) && name.toLowerCase().includes(text),
  )
}

/** The lanes of all schedules that the address's filter leaves. */
export function Lanes({ range, search, ...rest }: LanesProps) {
  const usual = useUsualDurations()
  const withSystem = search.system === true || search.schedule !== undefined
  const { schedules, unlisted } = useLanes(search, withSystem)
  const capacity = useSlots()
  const navigate = useNavigate()
  if (schedules === null) return <CalendarSkeleton view="lanes" />
  const shown = lanesLeft(schedules, rest.items, search)
  const isFollowing = rest.now >= range.start && rest.now < range.end
  const span = search.span ?? '24h'
  return (
    <>
      {unlisted > 0 && (
        <p className="calendar-notice" role="status">
          <b>{countText(unlisted)} more schedules have no lane.</b> Filter by schedule.
        </p>
      )}
      <LanesView
        {...rest}
        {...range}
        usual={usual}
        schedules={shown}
        capacity={capacity}
        scheduleLink={(scheduleId, name) => (
          <Link to="/schedules/$scheduleId" params={{ scheduleId }}>
            {name}
          </Link>
        )}
        spanChoice={
          <>
            <Link
              className="lanes-choice"
              to="/calendar/$view/{-$date}"
              params={{ view: 'lanes', date: undefined }}
              search={ofCalendar}
              aria-current={isFollowing ? 'true' : undefined}
              onClick={askForNow}
            >
              {isFollowing ? 'Following now' : 'Follow now'}
            </Link>
            <span className="views lanes-spans" role="group" aria-label="Span">
              {laneSpans.map((each) => (
                <button
                  key={each}
                  type="button"
                  aria-pressed={each === span}
                  onClick={() => void navigate({ to: '.', search: (old) => ({ ...old, span: each }) })}
                >
                  {spanNames[each]}
                </button>
              ))}
            </span>
          </>
        }
      />
    </>
  )
}
