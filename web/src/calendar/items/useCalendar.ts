import { useMemo } from 'react'
import type { AsOf } from '../../graphql/answer.ts'
import { graphql } from '../../graphql/graphql.ts'
import { readProblems, type Problem } from '../../graphql/error.ts'
import { readCalendarItem, type CalendarItem } from './calendarItem.ts'
import { usePacedQuery } from '../../graphql/usePacedQuery.ts'
import { useSteady } from './useSteady.ts'

const calendarQuery = graphql(`
  query Calendar(
    $start: Datetime!
    $end: Datetime!
    $timezone: String!
    $bucket: IntervalInput!
    $schedules: [String]
    $withSystem: Boolean!
  ) {
    calendar(
      rangeStart: $start
      rangeEnd: $end
      timezone: $timezone
      bucket: $bucket
      schedules: $schedules
      withSystem: $withSystem
    ) {
      item
      scheduleId
      scheduleName
      scheduleStatus
      startsAt
      endsAt
      scheduledFor
      runId
      status
      trigger
      reason
      startedAt
      finishedAt
      attempt
      maxAttempts
      total
      succeeded
      failed
      skipped
      running
      upcoming
    }
  }
`)

interface CalendarWindow {
  start: number
  end: number
  timezone: string
  /** How fine frequent schedules come, in minutes. */
  bucket: number
  /** Names of the only schedules that are asked for; null for all, undefined not to ask. */
  schedules: readonly string[] | null | undefined
  /** With Almanac's own schedules. */
  withSystem: boolean
}

export interface CalendarContent {
  /** What is shown: of this window, or null while it is on its way. */
  items: readonly CalendarItem[] | null
  /** Until when they were what the database says. */
  asOf: AsOf
  problem: Problem | null
  refetch: () => void
}

/** What happened and will happen in a window of time, kept up to date. */
export function useCalendar({
  start,
  end,
  timezone,
  bucket,
  schedules,
  withSystem,
}: CalendarWindow): CalendarContent {
  const variables = {
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    timezone,
    bucket: { minutes: bucket },
    schedules: schedules === null || schedules === undefined ? null : [...schedules],
    withSystem,
  }
  const pause = schedules === undefined
  const [{ data, asOf, error }, execute] = usePacedQuery(
    { query: calendarQuery, variables, pause },
    { topics: ['schedules', 'runs'] },
  )
  const answer = pause ? null : data?.calendar
  const read = useMemo(
    () => (answer ? answer.map(readCalendarItem).filter((item) => item !== null) : null),
    [answer],
  )
  return {
    items: useSteady(
      read,
      `${start} ${end} ${timezone} ${bucket} ${JSON.stringify(schedules)} ${withSystem}`,
    ),
    asOf,
    problem: readProblems(error)[0] ?? null,
    refetch: () => execute({ requestPolicy: 'network-only' }),
  }
}
