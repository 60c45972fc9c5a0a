import { useEffect, useState } from 'react'
import { useClient } from 'urql'
import { readProblems, type Problem } from '../../graphql/error.ts'
import { closedTimesQuery, readClosedTimes } from '../drag/useClosedTimes.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import type { ClosedBySchedule } from './bulkPlan.ts'

/** How many are asked for at once. */
const atOnce = 4

interface Answer {
  of: string
  closed: ClosedBySchedule | null
  problem: Problem | null
}

/** Where occurrences of the items' schedules do not belong, within a range; null while it is on its way. */
export function useClosedBySchedule(
  items: readonly CalendarItem[],
  start: number,
  end: number,
): { closed: ClosedBySchedule | null; problem: Problem | null } {
  const client = useClient()
  const [answer, setAnswer] = useState<Answer | null>(null)
  const names = [...new Map(items.map(({ scheduleId, scheduleName }) => [scheduleId, scheduleName]))]
  const asked = JSON.stringify([names, start, end])

  useEffect(() => {
    let isWanted = true
    const [schedules, from, to] = JSON.parse(asked) as [[string, string][], number, number]
    const range = { start: new Date(from).toISOString(), end: new Date(to).toISOString() }
    const closed = new Map<string, ReturnType<typeof readClosedTimes>>()
    const rest = [...schedules]
    const ask = async (): Promise<Problem | null> => {
      for (let next = rest.shift(); next !== undefined && isWanted; next = rest.shift()) {
        const [scheduleId, schedule] = next
        const { data, error } = await client.query(
          closedTimesQuery,
          { schedule, scheduleId, ...range },
          { requestPolicy: 'network-only' },
        )
        const [problem] = readProblems(error)
        if (problem !== undefined) return problem
        closed.set(scheduleId, readClosedTimes(data?.closedTimes ?? []))
      }
      return null
    }
    void Promise.all(Array.from({ length: atOnce }, ask)).then((problems) => {
      const problem = problems.find((each) => each !== null) ?? null
      if (isWanted) setAnswer({ of: asked, closed: problem === null ? closed : null, problem })
    })
    return () => {
      isWanted = false
    }
  }, [client, asked])

  return answer?.of === asked ? answer : { closed: null, problem: null }
}
