import { useMemo } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { useTellUnread } from '../../panel/unread.ts'
import { roughSeconds } from '../../time/interval.ts'
import { readWarning, type ScheduleWarning, type ScheduleWarnings } from './scheduleWarnings.ts'

const warningsQuery = graphql(`
  query ScheduleWarnings {
    scheduleWarnings {
      scheduleId
      warning
      detail
      p95 {
        days
        hours
        minutes
        seconds
      }
      distance {
        days
        hours
        minutes
        seconds
      }
    }
  }
`)

/** It looks at all schedules: so often at most, in milliseconds. */
const every = 30_000

/** What is wrong with schedules as they are. */
export function useScheduleWarnings(): ScheduleWarnings {
  const [{ data, error }] = useLiveQuery(
    { query: warningsQuery, variables: {} },
    { topics: ['schedules', 'workers'], every },
  )
  useTellUnread('warnings of schedules', error)
  const rows = data?.scheduleWarnings
  return useMemo(() => {
    const known = new Map<string, ScheduleWarning[]>()
    for (const { scheduleId, warning, detail, p95, distance } of rows ?? []) {
      const read = readWarning({
        warning,
        detail,
        p95: p95 && roughSeconds(p95) * 1000,
        distance: distance && roughSeconds(distance) * 1000,
      })
      if (scheduleId === null || read === null) continue
      known.set(scheduleId, [...(known.get(scheduleId) ?? []), read])
    }
    return known
  }, [rows])
}
