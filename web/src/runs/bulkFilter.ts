import { dayKey } from '../time/instant.ts'
import type { RunStatus } from './runState.ts'
import { runFilter, stateFilters, type RunListSearch, type RunsFilter } from './runList.ts'

type States = readonly RunStatus[]

/** What can be cancelled. */
export const UNFINISHED: States = stateFilters.active.statuses
/** What can be repeated. */
export const REPEATABLE: States = ['failed', 'timed_out', 'cancelled']
/** Where no day is chosen, those of this many days are repeated. */
const DAYS_BACK = 7

/** The filter of cancel_runs() and retry_failed() for what the list shows; null: it shows no such runs. */
function bulkFilter(search: RunListSearch, zone: string, among: States): RunsFilter | null {
  const statuses =
    search.state === null
      ? null
      : stateFilters[search.state].statuses.filter((status) => among.includes(status))
  if (statuses?.length === 0) return null
  return { ...runFilter({ ...search, state: null }, zone), ...(statuses !== null && { status: statuses }) }
}

/** What cancels the unfinished runs that the list shows; null: it shows none. */
export function cancelFilter(search: RunListSearch, zone: string): RunsFilter | null {
  const filter = bulkFilter(search, zone, UNFINISHED)
  return filter && { status: UNFINISHED, ...filter }
}

/** What repeats the failed runs that the list shows, those of the last days where it shows any day; null: it shows none. */
export function retryFilter(search: RunListSearch, zone: string, now: number): RunsFilter | null {
  const filter = bulkFilter(search, zone, REPEATABLE)
  if (filter === null || 'since' in filter || 'ids' in filter) return filter
  const since = Temporal.PlainDate.from(dayKey(now, zone)).subtract({ days: DAYS_BACK - 1 })
  return { ...filter, since: since.toZonedDateTime(zone).toInstant().toString() }
}
