import { useQuery } from 'urql'
import { graphql } from '../../graphql/graphql.ts'
import { ruleInWords } from '../../schedules/rule.ts'
import { isElsewhere, type CalendarItem } from '../items/calendarItem.ts'
import type { ItemDetail } from './ItemPanel.tsx'

const detailQuery = graphql(`
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
        kind
        cronExpression
        every {
          years
          months
          days
          hours
          minutes
          seconds
        }
        runAt
        timezone
      }
    }
    runs(first: 1, filter: { rowId: { equalTo: $runId } }) {
      nodes {
        rowId
        error
      }
    }
  }
`)

/** What the calendar's row does not say about an item; null while it is on its way. */
export function useItemDetail(item: CalendarItem | null): ItemDetail | null {
  const [{ data }] = useQuery({
    query: detailQuery,
    variables: {
      scheduleId: item?.scheduleId ?? '0',
      runId: item?.runId ?? '0',
      name: item?.scheduleName ?? '',
      after: new Date((item?.startsAt ?? 0) - 1).toISOString(),
      isElsewhere: item?.kind === 'occurrence' && isElsewhere(item),
    },
    pause: item === null,
  })
  if (item === null || data === undefined) return null
  const schedule = data.schedules?.nodes[0]
  const same = data.upcoming?.find(
    ({ scheduledFor }) => scheduledFor !== null && Date.parse(scheduledFor) === item.scheduledFor,
  )
  return {
    timeZone: schedule?.timezone ?? null,
    isSystem: schedule?.isSystem ?? false,
    rule: schedule ? ruleInWords(schedule) : null,
    error: data.runs?.nodes[0]?.error ?? null,
    note: same?.note ?? null,
  }
}
