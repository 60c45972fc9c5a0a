import { useDebouncedValue } from '@mantine/hooks'
import { calendarArgs, typingDelay, type ScheduleFilterSearch } from './filter/calendarFilter.ts'
import { useCalendar, type CalendarContent } from './items/useCalendar.ts'

/**
 * The calendar of a window, of the schedules that an address leaves. While one types, what is there is narrowed; the
 * database is asked with the text only where there is so much that it is counted, as then the counts are of others too.
 */
export function useFilteredCalendar(
  window: Omit<Parameters<typeof useCalendar>[0], 'filter'>,
  filter: ScheduleFilterSearch,
): CalendarContent {
  const [text] = useDebouncedValue(filter.q, typingDelay)
  const whole = useCalendar({ ...window, filter: calendarArgs({ ...filter, q: undefined }) })
  const hasOwn = whole.isCounted && filter.q !== undefined
  const own = useCalendar({
    ...window,
    filter: hasOwn && text !== undefined ? calendarArgs({ ...filter, q: text }) : null,
  })
  return hasOwn ? { ...own, problem: own.problem ?? whole.problem } : whole
}
