import { namedRow } from '../panel/namedRow.ts'
import { useWindowTitle } from '../panel/pageTitle.ts'
import { readProblems, type Problem } from '../graphql/error.ts'
import { graphql, type ResultOf } from '../graphql/graphql.ts'
import { useLiveQuery } from '../graphql/live.ts'

const runQuery = graphql(`
  query Run($id: BigInt!) {
    runs(filter: { rowId: { equalTo: $id } }, first: 1) {
      nodes {
        rowId
        scheduleId
        scheduleName
        taskIdentifier
        status
        reason
        error
        trigger
        requestedBy
        payload
        result
        progress
        progressNote
        scheduledFor
        dueAt
        queuedAt
        startedAt
        attemptStartedAt
        finishedAt
        attempt
        maxAttempts
        lostAttempts
        givenBack
        nextAttemptAt
        blockedBecause
        workerId
        runAs
        cancelRequestedAt
        mayCancel
        mayRetry
        retriedFrom
        requestReason
        parentId
        element
        needs
        children
        graph
        rollUp {
          total
          unfinished
          queued
          running
          retrying
          succeeded
          failed
          timedOut
          skipped
          cancelled
          progress
        }
        resourceGroup
        placeInLine
        priority
        timeout {
          ...RunInterval
        }
        schedule {
          rowId
          name
          isSystem
          mayChange
          taskIdentifier
          payload
          deletedAt
          kind
          cronExpression
          every {
            ...RunInterval
          }
          runAt
          runAs
          timezone
          tags
          priority
          resourceGroup
          nextRunAt
          totalRuns
          execution {
            maxAttempts
            timeout {
              ...RunInterval
            }
          }
        }
        retries(first: 20) {
          rowId
          status
        }
        attempts(orderBy: [ATTEMPT_DESC], first: 100) {
          nodes {
            runId
            attempt
            status
            startedAt
            finishedAt
            workerId
            error
            causes
          }
        }
      }
    }
    ended: workers(filter: { culpritRunId: { equalTo: $id } }, orderBy: [STARTED_AT_DESC], first: 5) {
      nodes {
        rowId
        name
        status
        busySince
        stoppedAt
      }
    }
  }
  fragment RunInterval on Interval @_unmask {
    years
    months
    days
    hours
    minutes
    seconds
  }
`)

type Asked = ResultOf<typeof runQuery>

/** All that is shown of a run. */
export type RunDetails = NonNullable<Asked['runs']>['nodes'][number]
/** A worker that a run ended, or blocks. */
export type AffectedWorker = NonNullable<Asked['ended']>['nodes'][number]

interface RunAnswer {
  readonly run: RunDetails | undefined
  readonly affected: readonly AffectedWorker[]
  readonly problem: Problem | undefined
  readonly isFetching: boolean
  readonly onTry: () => void
}

/** One run, kept current; the window is named after it. */
export function useRun(runId: string): RunAnswer {
  const [{ data, error, fetching }, ask] = useLiveQuery(
    { query: runQuery, variables: { id: namedRow(runId) } },
    { topics: ['runs'] },
  )
  const run = data?.runs?.nodes[0]
  useWindowTitle(run && `${run.scheduleName} #${run.rowId}`)
  return {
    run,
    affected: data?.ended?.nodes ?? [],
    problem: readProblems(error)[0],
    isFetching: fetching,
    onTry: () => ask({ requestPolicy: 'network-only' }),
  }
}
