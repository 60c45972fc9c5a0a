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

type Filter = Pick<CalendarSearch, 'q' | 'schedule'>

/** The names of the schedules that an address's filter leaves: null for all, undefined while they are on their way. */
export function useFilterNames({ q, schedule }: Filter, pause = false): readonly string[] | null | undefined {
  const [text] = useDebouncedValue(q, typingDelay)
  const isFiltered = text !== undefined || schedule !== undefined
  const filter = {
    ...(text === undefined ? {} : { name: { includesInsensitive: text } }),
    ...(schedule === undefined ? {} : { rowId: { equalTo: schedule } }),
  }
  const isIdle = pause || !isFiltered
  const [{ data }] = useQuery({ query: namesQuery, variables: { filter }, pause: isIdle })
  if (!isFiltered) return null
  return isIdle ? undefined : data?.schedules?.nodes.map(({ name }) => name)
}

/**
 * The calendar of a window. Where there is so much that it is only counted, the schedules of the address's filter
 * are asked for alone, so that all of theirs is there.
 */
export function useFilteredCalendar(
  window: Omit<Parameters<typeof useCalendar>[0], 'schedules'>,
  filter: Filter,
): CalendarContent {
  const whole = useCalendar({ ...window, schedules: null })
  const isTooMuch = whole.items?.some(({ kind }) => kind === 'density') ?? false
  const names = useFilterNames(filter, !isTooMuch) ?? undefined
  const own = useCalendar({ ...window, schedules: names })
  if (names === undefined || own.items === null) return whole
  return { ...own, problem: own.problem ?? whole.problem }
}
