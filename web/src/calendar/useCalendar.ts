import { useEffect, useEffectEvent, useMemo, useRef } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../graphql/graphql.ts'
import { useChanges } from '../graphql/live.ts'
import { readProblems, type Problem } from '../graphql/error.ts'
import { readCalendarItem, type CalendarItem } from './calendarItem.ts'
import { createRefetchPace, type RefetchPace } from './refetchPace.ts'
import { useSteady } from './useSteady.ts'

const calendarQuery = graphql(`
  query Calendar($start: Datetime!, $end: Datetime!, $timezone: String!, $bucket: IntervalInput!) {
    calendar(rangeStart: $start, rangeEnd: $end, timezone: $timezone, bucket: $bucket) {
      item
      scheduleId
      scheduleName
      scheduleStatus
      startsAt
      endsAt
      dueAt
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
  /** How fine frequent schedules come, in hours. */
  bucket: number
}

export interface CalendarContent {
  /** What is shown: of this window, or null while it is on its way. */
  items: readonly CalendarItem[] | null
  problem: Problem | null
  refetch: () => void
}

/** What happened and will happen in a window of time, kept up to date. */
export function useCalendar({ start, end, timezone, bucket }: CalendarWindow): CalendarContent {
  const variables = {
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    timezone,
    bucket: { hours: bucket },
  }
  const [{ data, error, fetching, stale }, execute] = useQuery({
    query: calendarQuery,
    variables,
    requestPolicy: 'cache-and-network',
  })
  const isAsking = fetching || stale
  const refetch = useEffectEvent(() => execute({ requestPolicy: 'network-only' }))
  const pace = useRef<RefetchPace>(null)
  useEffect(() => {
    const own = createRefetchPace({ now: () => performance.now(), refetch: () => refetch() })
    pace.current = own
    return () => own.stop()
  }, [])
  useEffect(() => {
    if (isAsking) pace.current?.asked()
    else pace.current?.answered()
  }, [isAsking])
  useChanges(['schedules', 'runs'], () => pace.current?.changed())
  const answer = data?.calendar
  const read = useMemo(
    () => (answer ? answer.map(readCalendarItem).filter((item) => item !== null) : null),
    [answer],
  )
  return {
    items: useSteady(read, `${start} ${end} ${timezone} ${bucket}`),
    problem: readProblems(error)[0] ?? null,
    refetch: () => execute({ requestPolicy: 'network-only' }),
  }
}
