import type { AsOf } from '../graphql/answer.ts'
import { readProblems, type Problem } from '../graphql/error.ts'
import { graphql } from '../graphql/graphql.ts'
import { useLiveQuery } from '../graphql/live.ts'

const whyQuery = graphql(`
  query Why($scheduleId: BigInt!, $moment: Datetime, $runId: BigInt!, $isRun: Boolean!) {
    schedule(rowId: $scheduleId) @skip(if: $isRun) {
      rowId
      why(moment: $moment)
    }
    runs(first: 1, filter: { rowId: { equalTo: $runId } }) @include(if: $isRun) {
      nodes {
        rowId
        scheduledFor
        why
      }
    }
  }
`)

/** What is to be explained: a run, or what a schedule did at a moment. */
export type WhySubject =
  | { readonly scheduleId: string; readonly runId: string }
  | { readonly scheduleId: string; readonly moment: string }

/** The database's explanation, and how far it can be relied on. */
export interface Explanation {
  /** Its lines; undefined while they are on their way, null where there is nothing to explain any more. */
  readonly lines: readonly string[] | null | undefined
  readonly problem: Problem | null
  readonly asOf: AsOf
  readonly onTry: () => void
}

/** Asks the database why something ran, or did not; again whenever that may have changed. */
export function useWhy(subject: WhySubject): Explanation {
  const isRun = 'runId' in subject
  const [{ data, error, asOf }, execute] = useLiveQuery(
    {
      query: whyQuery,
      variables: {
        scheduleId: subject.scheduleId,
        moment: isRun ? null : subject.moment,
        runId: isRun ? subject.runId : '0',
        isRun,
      },
    },
    { topics: ['schedules', 'runs'], scheduleId: subject.scheduleId },
  )
  const text = isRun ? data?.runs?.nodes[0]?.why : data?.schedule?.why
  return {
    lines: data === undefined ? undefined : (text?.split('\n').filter((line) => line !== '') ?? null),
    problem: readProblems(error)[0] ?? null,
    asOf,
    onTry: () => execute({ requestPolicy: 'network-only' }),
  }
}
