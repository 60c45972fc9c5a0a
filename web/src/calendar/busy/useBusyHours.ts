import { useDebouncedValue } from '@mantine/hooks'
import { useMemo } from 'react'
import { useQuery } from 'urql'
import { readProblems, type Problem } from '../../graphql/error.ts'
import { graphql } from '../../graphql/graphql.ts'
import { roughSeconds } from '../../time/interval.ts'
import { calendarArgs, typingDelay, type ScheduleFilterSearch } from '../filter/calendarFilter.ts'
import type { BusyHour } from './busyModel.ts'

const busyQuery = graphql(`
  query BusyHours(
    $timezone: String!
    $days: Int!
    $scheduleIds: [BigInt]
    $tags: [String]
    $task: String
    $creator: String
    $search: String
    $withSystem: Boolean!
  ) {
    busyHours(
      timezone: $timezone
      days: $days
      scheduleIds: $scheduleIds
      tags: $tags
      task: $task
      creator: $creator
      search: $search
      withSystem: $withSystem
    ) {
      weekday
      hour
      occurrences
      unmeasured
      runTime {
        days
        hours
        minutes
        seconds
      }
    }
  }
`)

interface BusyWindow {
  timezone: string
  days: number
  /** Which schedules count. */
  filter: ScheduleFilterSearch
  withSystem: boolean
}

/** What the coming days have by weekday and hour; null while it is on its way. It is asked for when it is opened. */
export function useBusyHours({ filter, ...window }: BusyWindow): {
  hours: readonly BusyHour[] | null
  problem: Problem | null
} {
  const [q] = useDebouncedValue(filter.q, typingDelay)
  const variables = { ...window, ...calendarArgs({ ...filter, q }) }
  const [{ data, error }] = useQuery({ query: busyQuery, variables, requestPolicy: 'cache-and-network' })
  const rows = data?.busyHours
  const hours = useMemo(
    () =>
      rows?.flatMap(({ weekday, hour, occurrences, unmeasured, runTime }) =>
        weekday === null || hour === null
          ? []
          : [
              {
                weekday,
                hour,
                occurrences: Number(occurrences ?? 0),
                unmeasured: Number(unmeasured ?? 0),
                runTime: runTime === null ? 0 : roughSeconds(runTime) * 1000,
              },
            ],
      ) ?? null,
    [rows],
  )
  return { hours, problem: readProblems(error)[0] ?? null }
}
