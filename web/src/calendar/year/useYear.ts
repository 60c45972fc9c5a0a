import { useDebouncedValue } from '@mantine/hooks'
import { useMemo } from 'react'
import { readProblems, type Problem } from '../../graphql/error.ts'
import { graphql } from '../../graphql/graphql.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { calendarArgs, typingDelay, type ScheduleFilterSearch } from '../filter/calendarFilter.ts'
import { readCalendarItem, type CalendarItem, type CalendarItemAnswer } from '../items/calendarItem.ts'
import { useSteady } from '../items/useSteady.ts'

const yearQuery = graphql(`
  query CalendarYear(
    $start: Datetime!
    $end: Datetime!
    $timezone: String!
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
      timezone: $timezone
      bucket: { days: 1 }
      maxCount: 0
      scheduleIds: $scheduleIds
      tags: $tags
      task: $task
      creator: $creator
      search: $search
      withSystem: $withSystem
    ) {
      item
      startsAt
      endsAt
      total
      succeeded
      failed
      skipped
      cancelled
      running
      waiting
      upcoming
    }
  }
`)

interface YearWindow {
  start: number
  end: number
  timezone: string
  /** Which schedules count. */
  filter: ScheduleFilterSearch
  withSystem: boolean
}

interface YearAnswer {
  /** Counts by day; null while they are on their way. */
  items: readonly CalendarItem[] | null
  problem: Problem | null
  refetch: () => void
}

const unnamed: Omit<CalendarItemAnswer, 'item' | 'startsAt' | 'endsAt'> = {
  scheduleId: null,
  scheduleName: null,
  scheduleStatus: null,
  scheduledFor: null,
  runId: null,
  status: null,
  trigger: null,
  reason: null,
  startedAt: null,
  finishedAt: null,
  attempt: null,
  maxAttempts: null,
  total: null,
  succeeded: null,
  failed: null,
  skipped: null,
  cancelled: null,
  running: null,
  waiting: null,
  upcoming: null,
}

/** How much each day of a year had and will have, counted by the database. */
export function useYear({ start, end, timezone, filter, withSystem }: YearWindow): YearAnswer {
  const [q] = useDebouncedValue(filter.q, typingDelay)
  const variables = {
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    timezone,
    ...calendarArgs({ ...filter, q }),
    withSystem,
  }
  const [{ data, error, isOther }, execute] = useLiveQuery(
    { query: yearQuery, variables },
    { topics: ['schedules', 'runs'], every: 20_000 },
  )
  // The days of another year are none of this one's.
  const answer = isOther ? undefined : data?.calendar
  const read = useMemo(
    () =>
      answer
        ? answer.map((each) => readCalendarItem({ ...unnamed, ...each })).filter((item) => item !== null)
        : null,
    [answer],
  )
  return {
    items: useSteady(read, JSON.stringify(variables)),
    problem: readProblems(error)[0] ?? null,
    refetch: () => execute({ requestPolicy: 'network-only' }),
  }
}
