import { useQuery } from 'urql'
import { graphql } from '../../graphql/graphql.ts'

const runTimeQuery = graphql(`
  query RunTime($runId: BigInt!) {
    runs(first: 1, filter: { rowId: { equalTo: $runId } }) {
      nodes {
        rowId
        dueAt
      }
    }
  }
`)

/** When a run was due, of which only the number is known; null while that is not known, or nothing is asked. */
export function useRunTime(runId: string | null): number | null {
  const [{ data }] = useQuery({
    query: runTimeQuery,
    variables: { runId: runId ?? '0' },
    pause: runId === null,
  })
  const run = data?.runs?.nodes[0]
  return runId !== null && run?.rowId === runId ? Date.parse(run.dueAt) : null
}
