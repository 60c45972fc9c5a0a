import { useQuery } from 'urql'
import { graphql } from '../graphql/graphql.ts'

const workersQuery = graphql(`
  query WorkersOfRun($ids: [BigInt!]!) {
    workers(filter: { rowId: { in: $ids } }, first: 100) {
      nodes {
        rowId
        name
        pid
        version
        culpritRunId
      }
    }
  }
`)

export interface WorkerOfRun {
  readonly name: string
  readonly pid: number
  /** Of Almanac, that it runs. */
  readonly version: string
  /** The run that ended it. */
  readonly culpritRunId: string | null
}

/** By id, the workers that attempted a run, as far as they are known. */
export function useWorkersOf(ids: readonly (string | null)[]): ReadonlyMap<string | null, WorkerOfRun> {
  const wanted = [...new Set(ids.filter((id) => id !== null))].toSorted()
  const [{ data }] = useQuery({
    query: workersQuery,
    variables: { ids: wanted },
    pause: wanted.length === 0,
    requestPolicy: 'cache-and-network',
  })
  return new Map((data?.workers?.nodes ?? []).map(({ rowId, ...worker }) => [rowId, worker]))
}
