import { graphql } from '../../graphql/graphql.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { useTellUnread } from '../../panel/unread.ts'
import { tookOf } from '../../runs/run.ts'
import { runStateOf } from '../../runs/runState.ts'
import { ruleInWords, ruleText } from '../../schedules/rule.ts'
import { IntervalFragment } from '../../time/interval.ts'
import { isElsewhere, type CalendarItem } from '../items/calendarItem.ts'
import type { ItemDetail } from './ItemFacts.tsx'

const detailQuery = graphql(
  `
    query ItemDetail(
      $scheduleId: BigInt!
      $runId: BigInt!
      $name: String!
      $after: Datetime!
      $isElsewhere: Boolean!
    ) {
      upcoming(schedule: $name, after: $after, maxCount: 3) @include(if: $isElsewhere) {
        scheduledFor
        note
      }
      schedules(first: 1, filter: { rowId: { equalTo: $scheduleId } }) {
        nodes {
          rowId
          isSystem
          mayChange
          kind
          cronExpression
          every {
            ...Interval
          }
          runAt
          timezone
        }
      }
      runs(first: 1, filter: { rowId: { equalTo: $runId } }) {
        nodes {
          rowId
          error
          status
          progress
          progressNote
        }
      }
      lastRuns: runs(
        first: 5
        orderBy: [SCHEDULED_FOR_DESC]
        filter: {
          scheduleId: { equalTo: $scheduleId }
          parentId: { isNull: true }
          finishedAt: { isNull: false }
        }
      ) {
        nodes {
          rowId
          status
          scheduledFor
          startedAt
          finishedAt
        }
      }
    }
  `,
  [IntervalFragment],
)

/** What the calendar's row does not say about an item; null while it is on its way. */
export function useItemDetail(item: CalendarItem | null): ItemDetail | null {
  const [{ data, error }] = useLiveQuery(
    {
      query: detailQuery,
      variables: {
        scheduleId: item?.scheduleId ?? '0',
        runId: item?.runId ?? '0',
        name: item?.scheduleName ?? '',
        after: new Date((item?.startsAt ?? 0) - 1).toISOString(),
        isElsewhere: item?.kind === 'occurrence' && isElsewhere(item),
      },
      pause: item === null,
    },
    { topics: ['schedules', 'runs'], scheduleId: item?.scheduleId ?? '0' },
  )
  useTellUnread('details of what is selected', error)
  if (item === null || data === undefined) return null
  const schedule = data.schedules?.nodes[0]
  const same = data.upcoming?.find(
    ({ scheduledFor }) => scheduledFor !== null && Date.parse(scheduledFor) === item.scheduledFor,
  )
  const run = data.runs?.nodes[0]
  const isRunning = run !== undefined && runStateOf(run.status) === 'running'
  return {
    timeZone: schedule?.timezone ?? null,
    isSystem: schedule?.isSystem ?? false,
    mayChange: schedule?.mayChange ?? false,
    rule: schedule ? ruleInWords(schedule) : null,
    ruleText: schedule ? ruleText(schedule) : null,
    error: run?.error ?? null,
    progress: isRunning && run.progress !== null ? { of: run.progress, note: run.progressNote } : null,
    note: same?.note ?? null,
    lastOutcomes: (data.lastRuns?.nodes ?? [])
      .map((run) => ({
        runId: run.rowId,
        state: runStateOf(run.status),
        at: Date.parse(run.scheduledFor),
        took: tookOf(run),
      }))
      .reverse(),
  }
}

/** Whether this user may change the item's schedule; admins may before its details are known. */
export function mayChangeItem(
  { canChange, isAdmin }: { canChange: boolean; isAdmin: boolean },
  detail: ItemDetail | null,
): boolean {
  return canChange && (isAdmin || detail?.mayChange === true)
}
