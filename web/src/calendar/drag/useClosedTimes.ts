import { useEffect } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../../graphql/graphql.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import type { ClosedTime } from './dragTarget.ts'

export const closedTimesQuery = graphql(`
  query ClosedTimes($schedule: String!, $scheduleId: BigInt!, $start: Datetime!, $end: Datetime!) {
    closedTimes(schedule: $schedule, rangeStart: $start, rangeEnd: $end, maxCount: 3000) {
      startsAt
      endsAt
      reason
      label
    }
    schedules(first: 1, filter: { rowId: { equalTo: $scheduleId } }) {
      nodes {
        rowId
        timezone
      }
    }
  }
`)

type ClosedTimesAnswer = readonly {
  startsAt: string | null
  endsAt: string | null
  reason: string | null
  label: string | null
}[]

/** The same as the calendar has it. */
export function readClosedTimes(answer: ClosedTimesAnswer): ClosedTime[] {
  return answer.flatMap(({ startsAt, endsAt, reason, label }) =>
    startsAt === null || endsAt === null
      ? []
      : [{ start: Date.parse(startsAt), end: Date.parse(endsAt), reason: reason ?? '', label }],
  )
}

const nowhere = { scheduleName: '', scheduleId: '0' }

/** Tells where an occurrence that is held cannot be put, once the database has said so; returns its schedule's zone. */
export function useClosedTimes(
  held: CalendarItem | null,
  { start, end }: { start: number; end: number },
  tell: (closed: readonly ClosedTime[]) => void,
): string | null {
  const { scheduleName: schedule, scheduleId } = held ?? nowhere
  const [{ data }] = useQuery({
    query: closedTimesQuery,
    variables: {
      schedule,
      scheduleId,
      start: new Date(start).toISOString(),
      end: new Date(end).toISOString(),
    },
    pause: held === null,
    requestPolicy: 'network-only',
  })
  const answer = held === null ? null : (data?.closedTimes ?? null)
  useEffect(() => {
    if (answer !== null) tell(readClosedTimes(answer))
  }, [answer, tell])
  return held === null ? null : (data?.schedules?.nodes[0]?.timezone ?? null)
}
