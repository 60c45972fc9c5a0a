import { useQuery } from 'urql'
import { graphql } from '../graphql/graphql.ts'
import { roughSeconds } from '../time/interval.ts'
import { isActive, runStateOf } from './runState.ts'
import type { UsualLength } from './timeline.ts'

const lengthQuery = graphql(`
  query UsualLength($schedule: String!) {
    usualDurations(schedules: [$schedule]) {
      scheduleId
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

interface RunOfSchedule {
  readonly status: string
  readonly scheduleId: string
  readonly children: number | null
  readonly schedule: { readonly name: string } | null
}

/** How long the runs of a run's schedule usually take, while it has not ended; null: not known. A parent's run is its children's. */
export function useUsualLength(run: RunOfSchedule | undefined): UsualLength | null {
  const [{ data }] = useQuery({
    query: lengthQuery,
    variables: { schedule: run?.schedule?.name ?? '' },
    pause: !run?.schedule || run.children !== null || !isActive(runStateOf(run.status)),
  })
  const row = data?.usualDurations?.find(({ scheduleId }) => scheduleId === run?.scheduleId)
  if (!row?.p50 || !row.p95) return null
  return { p50: roughSeconds(row.p50) * 1000, p95: roughSeconds(row.p95) * 1000 }
}
