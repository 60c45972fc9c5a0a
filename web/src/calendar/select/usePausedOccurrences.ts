import { useQuery } from 'urql'
import { graphql } from '../../graphql/graphql.ts'

const query = graphql(`
  query OccurrencesOf($scheduleIds: [BigInt], $start: Datetime!, $end: Datetime!) {
    calendar(
      rangeStart: $start
      rangeEnd: $end
      bucket: { days: 1 }
      maxCount: 0
      scheduleIds: $scheduleIds
      withSystem: true
    ) {
      startsAt
      upcoming
    }
  }
`)

const week = 7 * 86_400_000

/** How many occurrences some schedules have in the next seven days; null while it is on its way. */
export function usePausedOccurrences(scheduleIds: readonly string[], now: number): number | null {
  const start = now - (now % 60_000)
  const [{ data }] = useQuery({
    query,
    variables: {
      scheduleIds: [...scheduleIds],
      start: new Date(start).toISOString(),
      end: new Date(start + week).toISOString(),
    },
    pause: scheduleIds.length === 0,
    requestPolicy: 'network-only',
  })
  if (scheduleIds.length === 0) return 0
  return data?.calendar?.reduce((sum, { upcoming }) => sum + Number(upcoming ?? 0), 0) ?? null
}
