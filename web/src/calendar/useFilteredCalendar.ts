import { useDebouncedValue } from '@mantine/hooks'
import { useMemo } from 'react'
import { calendarArgs, typingDelay, type ScheduleFilterSearch } from './filter/calendarFilter.ts'
import { useCalendar, type CalendarContent } from './items/useCalendar.ts'
import { hasPileIn, pileAt, soughtInPiles, unpile, type TimeRange } from './items/unpile.ts'
import { useRunTime } from './items/useRunTime.ts'

interface FilteredCalendar extends CalendarContent {
  /** What came out of the piles that are taken apart. */
  unpiled: ReadonlySet<string>
}

const nothing: ReadonlySet<string> = new Set()

/**
 * The calendar of a window, of the schedules that an address leaves. While one types, what is there is narrowed; the
 * database is asked with the text only where there is so much that it is counted, as then the counts are of others too.
 * The piles of a range of time, or of an item, can be taken apart: what they hold is asked for, and is in their place.
 */
export function useFilteredCalendar(
  window: Omit<Parameters<typeof useCalendar>[0], 'filter'>,
  filter: ScheduleFilterSearch,
  opened: TimeRange | null = null,
  item?: string,
): FilteredCalendar {
  const [text] = useDebouncedValue(filter.q, typingDelay)
  const whole = useCalendar({ ...window, filter: calendarArgs({ ...filter, q: undefined }) })
  const hasOwn = whole.isCounted && filter.q !== undefined
  const ownFilter = calendarArgs({ ...filter, q: hasOwn ? text : undefined })
  const own = useCalendar({ ...window, filter: hasOwn && text !== undefined ? ownFilter : null })
  const shown = hasOwn ? { ...own, problem: own.problem ?? whole.problem } : whole
  const sought = useMemo(
    () => (shown.items === null || item === undefined ? null : soughtInPiles(shown.items, item)),
    [shown.items, item],
  )
  const runTime = useRunTime(sought !== null && 'runId' in sought ? sought.runId : null)
  const soughtAt = sought !== null && 'at' in sought ? sought.at : runTime
  const range = useMemo(() => {
    if (shown.items === null) return null
    if (opened !== null && hasPileIn(shown.items, opened)) return opened
    return soughtAt === null ? null : pileAt(shown.items, soughtAt)
  }, [shown.items, opened, soughtAt])
  const inside = useCalendar({ ...window, finer: [], ...range, filter: range === null ? null : ownFilter })
  const { timezone } = window
  const apart = useMemo(
    () =>
      range !== null && shown.items !== null && inside.items !== null
        ? unpile(shown.items, inside.items, range, timezone)
        : { items: shown.items, unpiled: nothing },
    [range, shown.items, inside.items, timezone],
  )
  const refetch = () => {
    shown.refetch()
    if (range !== null) inside.refetch()
  }
  return { ...shown, ...apart, problem: shown.problem ?? inside.problem, refetch }
}
