import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from 'urql'
import { graphql } from '../graphql/graphql.ts'
import type { CalendarSearch } from './calendarSearch.ts'
import { useCalendar, type CalendarContent } from './items/useCalendar.ts'

const namesQuery = graphql(`
  query ScheduleNames($filter: ScheduleFilter!) {
    schedules(first: 1000, filter: $filter) {
      nodes {
        rowId
        name
      }
    }
  }
`)

const typingDelay = 250

/**
 * The calendar of a window. Where there is so much that some of it was left out, the schedules of the address's filter
 * are asked for alone, so that all of theirs is there.
 */
export function useFilteredCalendar(
  window: Omit<Parameters<typeof useCalendar>[0], 'schedules'>,
  { q, schedule }: Pick<CalendarSearch, 'q' | 'schedule'>,
): CalendarContent {
  const whole = useCalendar({ ...window, schedules: null })
  const [text] = useDebouncedValue(q, typingDelay)
  const isFiltered = text !== undefined || schedule !== undefined
  const isTooMuch = whole.items?.some(({ kind }) => kind === 'left_out') ?? false
  const pause = !isFiltered || !isTooMuch
  const filter = {
    ...(text === undefined ? {} : { name: { includesInsensitive: text } }),
    ...(schedule === undefined ? {} : { rowId: { equalTo: schedule } }),
  }
  const [{ data }] = useQuery({ query: namesQuery, variables: { filter }, pause })
  const names = pause ? undefined : data?.schedules?.nodes.map(({ name }) => name)
  const own = useCalendar({ ...window, schedules: names })
  if (names === undefined || own.items === null) return whole
  return { ...own, problem: own.problem ?? whole.problem }
}
