import { Link } from '@tanstack/react-router'
import { graphql } from '../../graphql/graphql.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { useTellUnread } from '../../panel/unread.ts'
import { AdviceList, type Finding } from './AdviceList.tsx'

const adviceQuery = graphql(`
  query Advice {
    advice(maxCount: 100) {
      scheduleId
      scheduleName
      finding
      message
      remedy
    }
  }
`)

/** It looks at all schedules: so often at most, in milliseconds. */
const every = 30_000

/** What will go wrong with schedules, above their list. */
export function Advice() {
  const [{ data, error }] = useLiveQuery(
    { query: adviceQuery, variables: {} },
    { topics: ['schedules', 'workers'], every },
  )
  useTellUnread('advice on schedules', error)
  const findings = (data?.advice ?? []).flatMap((one): Finding[] => {
    if (one === null) return []
    const { scheduleId, scheduleName, message, remedy } = one
    return scheduleId === null || scheduleName === null || message === null
      ? []
      : [{ scheduleId, scheduleName, message, remedy }]
  })
  return (
    <AdviceList
      findings={findings}
      link={({ scheduleId, scheduleName }) => (
        <Link to="/schedules/$scheduleId" params={{ scheduleId }}>
          {scheduleName}
        </Link>
      )}
    />
  )
}
