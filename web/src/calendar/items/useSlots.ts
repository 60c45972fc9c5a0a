import { graphql } from '../../graphql/graphql.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { useTellUnread } from '../../panel/unread.ts'

const slotsQuery = graphql(`
  query WorkerSlots {
    workers(first: 500, filter: { status: { equalTo: "active" } }) {
      nodes {
        rowId
        concurrency
      }
    }
  }
`)

/** How many runs the workers that are running take at once; null while that is not known. */
export function useSlots(): number | null {
  const [{ data, error }] = useLiveQuery({ query: slotsQuery, variables: {} }, { topics: ['workers'] })
  useTellUnread('slots of the workers', error)
  return data ? (data.workers?.nodes ?? []).reduce((sum, { concurrency }) => sum + concurrency, 0) : null
}
