import type { Json } from '../graphql/graphql.ts'
import { dayKey } from '../time/instant.ts'
import type { RunStatus } from './runState.ts'
import { runFilter, stateFilters, type RunListSearch } from './runList.ts'

/** As almanac.cancel_runs() takes it. */
export type BulkFilter = Record<string, Json>

type States = readonly RunStatus[]

/** What can be cancelled. */
export const UNFINISHED: States = stateFilters.active.statuses
/** What can be repeated. */
export const REPEATABLE: States = ['failed', 'timed_out', 'cancelled']
/** Where no day is chosen, those of this many days are repeated. */
const DAYS_BACK = 7

/** The filter of cancel_runs() and retry_failed() for what the list shows; null: it shows no such runs. */
function bulkFilter(search: RunListSearch, zone: string, among: States): BulkFilter | null {
  const statuses =
    search.state === null
      ? null
      : stateFilters[search.state].statuses.filter((status) => among.includes(status))
  if (statuses?.length === 0) return null
  const { rowId, scheduledFor } = runFilter({ ...search, state: null }, zone)
  const { schedule, task, tag, worker, trigger, calm, q } = search
  return {
    ...(statuses !== null && { status: statuses }),
    ...(schedule !== null && { schedule_id: schedule }),
    ...(scheduledFor?.greaterThanOrEqualTo !== undefined && { since: scheduledFor.greaterThanOrEqualTo }),
    ...(scheduledFor?.lessThan !== undefined && { until: scheduledFor.lessThan }),
    ...(task !== null && { task }),
    ...(tag !== null && { tag }),
    ...(worker !== null && { worker_id: worker }),
    ...(trigger !== null && { trigger }),
    ...(calm && { without_frequent: true }),
    ...(rowId !== undefined && { ids: [rowId.equalTo] }),
    ...(rowId === undefined && q.trim() !== '' && { search: q.trim() }),
  }
}

/** What cancels the unfinished runs that the list shows; null: it shows none. */
export function cancelFilter(search: RunListSearch, zone: string): BulkFilter | null {
  const filter = bulkFilter(search, zone, UNFINISHED)
  return filter && { status: UNFINISHED, ...filter }
}

/** What repeats the failed runs that the list shows, those of the last days where it shows any day; null: it shows none. */
export function retryFilter(search: RunListSearch, zone: string, now: number): BulkFilter | null {
  const filter = bulkFilter(search, zone, REPEATABLE)
  if (filter === null || 'since' in filter || 'ids' in filter) return filter
  const since = Temporal.PlainDate.from(dayKey(now, zone)).subtract({ days: DAYS_BACK - 1 })
  return { ...filter, since: since.toZonedDateTime(zone).toInstant().toString() }
}
