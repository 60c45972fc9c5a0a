import { useQuery } from 'urql'
import { graphql } from '../../graphql/graphql.ts'

const labelsQuery = graphql(`
  query ScheduleLabels {
    scheduleLabels {
      tags
      creators
      tasks
    }
  }
`)

const texts = (words: readonly (string | null)[] | null | undefined) =>
  (words ?? []).filter((word) => word !== null)

interface ScheduleLabels {
  tags: readonly string[]
  creators: readonly string[]
  tasks: readonly string[]
}

/**
 * The tags, creators and tasks that schedules have, asked for at each visit: labels are not a reason to ask more often.
 */
export function useScheduleLabels(): ScheduleLabels {
  const [{ data }] = useQuery({ query: labelsQuery, requestPolicy: 'cache-and-network' })
  const labels = data?.scheduleLabels
  return { tags: texts(labels?.tags), creators: texts(labels?.creators), tasks: texts(labels?.tasks) }
}
