import { graphql } from '../../graphql/graphql.ts'
import { useLiveQuery } from '../../graphql/live.ts'

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
  const [{ data }] = useLiveQuery({ query: slotsQuery, variables: {} }, { topics: ['workers'] })
  return data ? (data.workers?.nodes ?? []).reduce((sum, { concurrency }) => sum + concurrency, 0) : null
}
