import { useDebouncedValue } from '@mantine/hooks'
import { useMemo } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { useTellUnread } from '../../panel/unread.ts'
import { calendarArgs, typingDelay, type ScheduleFilterSearch } from '../filter/calendarFilter.ts'

const next24Query = graphql(`
  query Next24Hours(
    $start: Datetime!
    $end: Datetime!
    $scheduleIds: [BigInt]
    $tags: [String]
    $task: String
    $creator: String
    $search: String
    $withSystem: Boolean!
  ) {
    calendar(
      rangeStart: $start
      rangeEnd: $end
      bucket: { hours: 1 }
      maxCount: 0
      scheduleIds: $scheduleIds
      tags: $tags
      task: $task
      creator: $creator
      search: $search
      withSystem: $withSystem
    ) {
      startsAt
      upcoming
    }
  }
`)

/** How many occurrences are due in the next 24 hours, by hour. */
export interface Next24 {
  total: number
  hours: readonly { at: number; count: number }[]
}

const minute = 60_000
const hour = 60 * minute

/** What the database counts of the next 24 hours, to ten minutes; null while it is on its way. */
export function useNext24(now: number, withSystem: boolean, filter: ScheduleFilterSearch): Next24 | null {
  const [q] = useDebouncedValue(filter.q, typingDelay)
  const start = Math.floor(now / (10 * minute)) * 10 * minute
  const end = start + 24 * hour
  const variables = {
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    ...calendarArgs({ ...filter, q }),
    withSystem,
  }
  const [{ data, error }] = useLiveQuery({ query: next24Query, variables }, { topics: ['schedules'] })
  useTellUnread('how many runs are due in 24 hours', error)
  const rows = data?.calendar
  return useMemo(() => (rows ? next24Of(rows, start) : null), [rows, start])
}

type Row = { startsAt: string | null; upcoming: string | null }

/** The counts by hour, also of those that have none. */
export function next24Of(rows: readonly Row[], start: number): Next24 {
  const first = Math.floor(start / hour) * hour
  const counts = new Map<number, number>()
  for (const { startsAt, upcoming } of rows) {
    if (startsAt === null) continue
    const at = Math.floor(Date.parse(startsAt) / hour) * hour
    counts.set(at, (counts.get(at) ?? 0) + Number(upcoming ?? 0))
  }
  const hours = Array.from({ length: 25 }, (_, index) => {
    const at = first + index * hour
    return { at, count: counts.get(at) ?? 0 }
  })
  return { hours, total: hours.reduce((sum, { count }) => sum + count, 0) }
}
