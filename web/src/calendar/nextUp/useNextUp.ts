import { useDebouncedValue } from '@mantine/hooks'
import { useMemo } from 'react'
import type { AsOf } from '../../graphql/answer.ts'
import { readProblems, type Problem } from '../../graphql/error.ts'
import { graphql } from '../../graphql/graphql.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { activeCount } from '../../runs/runList.ts'
import { runStateOf } from '../../runs/runState.ts'
import {
  runFilterOf,
  scheduleFilterOf,
  typingDelay,
  type ScheduleFilterSearch,
} from '../filter/calendarFilter.ts'
import type { NextUp } from './nextUp.ts'

const nextUpQuery = graphql(`
  query NextUp($nextOf: ScheduleFilter!, $failedOf: JSON!, $activeOf: JSON!) {
    schedules(
      first: 24
      orderBy: [NEXT_RUN_AT_ASC]
      filter: {
        status: { equalTo: active }
        deletedAt: { isNull: true }
        nextRunAt: { isNull: false }
        and: [$nextOf]
      }
    ) {
      nodes {
        rowId
        name
        nextRunAt
        warning
      }
      pageInfo {
        hasNextPage
      }
    }
    any: schedules(first: 1, filter: { deletedAt: { isNull: true }, isSystem: { equalTo: false } }) {
      nodes {
        rowId
      }
    }
    active: findActiveRuns(filter: $activeOf, maxCount: 50) {
      running
      retrying
      queued
      waiting
      runs(first: 50) {
        rowId
        scheduleId
        scheduleName
        status
        dueAt
        queuedAt
        startedAt
        attempt
        maxAttempts
        reason
        progress
      }
    }
    failed: findRuns(filter: $failedOf, maxCount: 1000) {
      found
      next
      runs(first: 50) {
        rowId
        scheduleId
        scheduleName
        scheduledFor
        error
        reason
      }
    }
  }
`)

const hour = 3_600_000
/** How often it is looked at again where changes do not end, in milliseconds. */
const every = 30_000

function firstLine(text: string | null | undefined): string | null {
  return text?.split('\n')[0] ?? null
}

interface NextUpAnswer {
  /** Null while it is on its way, or where it could not be had. */
  nextUp: NextUp | null
  asOf: AsOf
  problem: Problem | null
  retry: () => void
}

/** What is shown next to the calendar, kept up to date, and how far it can be relied on. */
export function useNextUp(now: number, withSystem: boolean, filter: ScheduleFilterSearch): NextUpAnswer {
  const [q] = useDebouncedValue(filter.q, typingDelay)
  const own = { ...filter, q }
  const failedSince = new Date(Math.floor(now / hour) * hour - 24 * hour).toISOString()
  const [{ data, asOf, error }, execute] = useLiveQuery(
    {
      query: nextUpQuery,
      variables: {
        nextOf: { ...scheduleFilterOf(own), ...(!withSystem && { isSystem: { equalTo: false } }) },
        failedOf: { ...runFilterOf(own), status: ['failed', 'timed_out'], since: failedSince },
        activeOf: runFilterOf(own),
      },
    },
    { topics: ['schedules', 'runs'], every },
  )
  const nextUp = useMemo(() => {
    if (data === undefined) return null
    return {
      next: (data.schedules?.nodes ?? []).flatMap(({ rowId, name, nextRunAt, warning }) =>
        nextRunAt === null || warning !== null
          ? []
          : [{ scheduleId: rowId, name, at: Date.parse(nextRunAt) }],
      ),
      isNextCut: data.schedules?.pageInfo.hasNextPage ?? false,
      active: (data.active?.runs ?? []).map((run) => ({
        runId: run.rowId,
        scheduleId: run.scheduleId,
        name: run.scheduleName,
        state: runStateOf(run.status),
        since: Date.parse(run.startedAt ?? run.queuedAt ?? run.dueAt),
        attempt: run.attempt,
        maxAttempts: run.maxAttempts,
        reason: run.reason,
        progress: run.progress,
      })),
      activeCount: activeCount(data.active),
      runningCount: data.active?.running ?? 0,
      retryingCount: data.active?.retrying ?? 0,
      failed: (data.failed?.runs ?? []).map((run) => ({
        runId: run.rowId,
        scheduleId: run.scheduleId,
        name: run.scheduleName,
        at: Date.parse(run.scheduledFor),
        reason: firstLine(run.error ?? run.reason),
      })),
      failedCount: data.failed?.found ?? 0,
      areMoreFailed: (data.failed?.next ?? null) !== null,
      hasSchedules: (data.any?.nodes.length ?? 0) > 0,
    }
  }, [data])
  return {
    nextUp,
    asOf,
    problem: readProblems(error)[0] ?? null,
    retry: () => execute({ requestPolicy: 'network-only' }),
  }
}
