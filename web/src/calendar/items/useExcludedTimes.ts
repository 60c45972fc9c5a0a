import { useDebouncedValue } from '@mantine/hooks'
import { useMemo } from 'react'
import { readProblems, type Problem } from '../../graphql/error.ts'
import { graphql } from '../../graphql/graphql.ts'
import { roughSeconds } from '../../time/interval.ts'
import { scheduleFilterOf, typingDelay, type ScheduleFilterSearch } from '../filter/calendarFilter.ts'
import type { ExcludedTime, CalendarUser } from './excludedTimes.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { useTellUnread } from '../../panel/unread.ts'
import { useSteady } from './useSteady.ts'

const calendarUsersQuery = graphql(`
  query CalendarUsers($shown: ScheduleFilter!) {
    schedules(
      first: 5000
      filter: { deletedAt: { isNull: true }, calendars: { notEqualTo: [] }, and: [$shown] }
    ) {
      nodes {
        rowId
        name
        calendars
        jitter {
          hours
          minutes
          seconds
        }
      }
    }
  }
`)

const excludedQuery = graphql(`
  query ExcludedTimes($start: Datetime!, $end: Datetime!, $calendars: [String], $timezone: String!) {
    excludedTimes(
      rangeStart: $start
      rangeEnd: $end
      calendars: $calendars
      timezone: $timezone
      maxCount: 3000
    ) {
      calendar
      label
      startsAt
      endsAt
    }
  }
`)

interface ExcludedWindow {
  start: number
  end: number
  timezone: string
  /** Which schedules are shown; what only others use is not. */
  filter: ScheduleFilterSearch
}

interface Exclusions {
  times: readonly ExcludedTime[]
  using: readonly CalendarUser[]
  problem: Problem | null
}

/** What calendars exclude of a window of time, as far as the schedules that are shown use them. */
export function useExcludedTimes({ start, end, timezone, filter }: ExcludedWindow): Exclusions {
  const [q] = useDebouncedValue(filter.q, typingDelay)
  const shown = scheduleFilterOf({ ...filter, q })
  const [{ data, error }] = useLiveQuery(
    { query: calendarUsersQuery, variables: { shown } },
    { topics: ['schedules'] },
  )
  useTellUnread('which schedules use exclusion calendars', error)
  const nodes = data?.schedules?.nodes
  const using = useMemo(
    () =>
      (nodes ?? []).map(({ rowId, name, calendars, jitter }) => ({
        scheduleId: rowId,
        name,
        calendars: calendars.filter((each) => each !== null),
        jitter: jitter === null ? 0 : roughSeconds(jitter) * 1000,
      })),
    [nodes],
  )
  const calendars = [...new Set(using.flatMap((each) => each.calendars))].sort()
  const variables = {
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    calendars,
    timezone,
  }
  const pause = calendars.length === 0
  const concerned = useMemo(() => new Set(using.map(({ scheduleId }) => scheduleId)), [using])
  const [excluded] = useLiveQuery(
    { query: excludedQuery, variables, pause },
    { topics: ['schedules'], schedules: concerned },
  )
  const answer = pause || excluded.isOther ? null : excluded.data?.excludedTimes
  const times = useMemo(
    () =>
      answer?.flatMap(({ calendar, label, startsAt, endsAt }) =>
        startsAt === null || endsAt === null
          ? []
          : [
              {
                calendar: calendar ?? '',
                label,
                start: Date.parse(startsAt),
                end: Date.parse(endsAt),
                usedBy: using
                  .filter((each) => each.calendars.includes(calendar ?? ''))
                  .map(({ name }) => name),
              },
            ],
      ) ?? null,
    [answer, using],
  )
  return {
    times: useSteady(times, JSON.stringify(variables)) ?? nothing,
    using,
    problem: pause ? null : (readProblems(excluded.error)[0] ?? null),
  }
}

const nothing: readonly ExcludedTime[] = []
