import { Link } from '@tanstack/react-router'
import { useQuery } from 'urql'
import { graphql } from '../../graphql/graphql.ts'
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

/** What will go wrong with schedules, above their list. */
export function Advice() {
  const [{ data }] = useQuery({ query: adviceQuery, requestPolicy: 'cache-and-network' })
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
