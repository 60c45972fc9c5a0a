import { useMemo } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../../graphql/graphql.ts'
import { roughSeconds } from '../../time/interval.ts'
import type { UsualDurations } from './usualDurations.ts'

const durationsQuery = graphql(`
  query UsualDurations {
    usualDurations {
      scheduleId
      runs
      p50 {
        days
        hours
        minutes
        seconds
      }
      p95 {
        days
        hours
        minutes
        seconds
      }
    }
  }
`)

const none: UsualDurations = new Map()

/** How long runs usually take. One more run hardly changes it, so it is asked for once in a while only. */
export function useUsualDurations(): UsualDurations {
  const [{ data }] = useQuery({ query: durationsQuery })
  const rows = data?.usualDurations
  return useMemo(() => {
    if (!rows) return none
    return new Map(
      rows.flatMap(({ scheduleId, runs, p50, p95 }) =>
        scheduleId === null || p50 === null || p95 === null
          ? []
          : [
              [
                scheduleId,
                { runs: Number(runs), p50: roughSeconds(p50) * 1000, p95: roughSeconds(p95) * 1000 },
              ],
            ],
      ),
    )
  }, [rows])
}
