import { framedParams } from '../../address/framedParams.ts'
import { counted, flag, oneOf, readSearch, text, type SearchOf } from '../../address/params.ts'
import { valuesOf } from '../../graphql/enum.ts'
import { kindNames } from '../rule.ts'
import { statusNames, type ShownStatus } from '../scheduleStatus.ts'

/** What can be sorted by: how the API calls both directions, and whether one wants the largest or the newest first. */
const sortColumns = {
  name: { ascending: 'NAME_ASC', descending: 'NAME_DESC', isDescendingFirst: false },
  by: { ascending: 'CREATED_BY_ASC', descending: 'CREATED_BY_DESC', isDescendingFirst: false },
  // The next time that comes is the soonest.
  next: { ascending: 'NEXT_RUN_AT_ASC', descending: 'NEXT_RUN_AT_DESC', isDescendingFirst: false },
  last: { ascending: 'LAST_RUN_ASC', descending: 'LAST_RUN_DESC', isDescendingFirst: true },
  total: { ascending: 'TOTAL_RUNS_ASC', descending: 'TOTAL_RUNS_DESC', isDescendingFirst: true },
  failed: { ascending: 'FAILED_RUNS_ASC', descending: 'FAILED_RUNS_DESC', isDescendingFirst: true },
} as const

export type SortColumn = keyof typeof sortColumns

export const scheduleStatuses = valuesOf(statusNames)
export const scheduleKinds = valuesOf(kindNames)

/** The database gives no later ones. */
const lastPage = 100_000

/** What the address of the list says. */
export const scheduleListParams = {
  ...framedParams,
  q: text('', 'a text', 'showing all'),
  status: oneOf(scheduleStatuses, null, 'a status', 'showing every status'),
  kind: oneOf(scheduleKinds, null, 'a kind', 'showing all kinds'),
  task: text(null, 'a task', 'showing all tasks'),
  tag: text(null, 'a tag', 'showing all tags'),
  by: text(null, 'a creator', 'showing those of everyone'),
  sort: oneOf(valuesOf(sortColumns), 'name', 'a column to sort by', 'sorted by name'),
  descending: flag(false, 'ascending'),
  page: counted(lastPage, 'a page', 'showing the first'),
}

export type ScheduleListSearch = SearchOf<typeof scheduleListParams>

/** The list without any filter. */
export const allSchedules: ScheduleListSearch = readSearch(scheduleListParams, {}).search

/** The address after a click on a column: the same column again turns the order round. */
export function sortedBy(search: ScheduleListSearch, sort: SortColumn): ScheduleListSearch {
  const descending = search.sort === sort ? !search.descending : sortColumns[sort].isDescendingFirst
  return { ...search, sort, descending, page: 1 }
}

/** How the API is asked for the order. */
export function orderOf({ sort, descending }: Pick<ScheduleListSearch, 'sort' | 'descending'>) {
  return [sortColumns[sort][descending ? 'descending' : 'ascending'], 'ROW_ID_ASC'] as const
}

/** Without what is as by default, so that addresses stay short. */
export function shortSearch(search: ScheduleListSearch): Partial<ScheduleListSearch> {
  return Object.fromEntries(
    Object.entries(search).filter(([key, value]) => value !== allSchedules[key as keyof ScheduleListSearch]),
  )
}

/** Whether the list is narrowed in any way. */
export function isNarrowed({ q, status, kind, task, tag, by }: ScheduleListSearch): boolean {
  return q !== '' || [status, kind, task, tag, by].some((one) => one !== null)
}

/** The same order, of all schedules. */
export function widened({ zone, sort, descending }: ScheduleListSearch): ScheduleListSearch {
  return { ...allSchedules, zone, sort, descending }
}

/** What never ran and never will is completed for the database, which says why. */
function statusFilter(status: ShownStatus | null) {
  switch (status) {
    case null:
    case 'deleted':
      return {}
    case 'never':
      return {
        status: { equalTo: 'completed' as const },
        firedRuns: { equalTo: '0' },
        warning: { isNull: false },
      }
    case 'completed':
      return {
        status: { equalTo: status },
        not: { firedRuns: { equalTo: '0' }, warning: { isNull: false } },
      }
    default:
      return { status: { equalTo: status } }
  }
}

/** The list's filter for the API: what is deleted is left out, unless it is asked for. */
export function scheduleFilter({
  q,
  status,
  kind,
  task,
  tag,
  by,
}: Omit<ScheduleListSearch, 'sort' | 'descending' | 'page' | 'zone'>) {
  const text = q.trim()
  return {
    deletedAt: { isNull: status !== 'deleted' },
    ...statusFilter(status),
    ...(kind !== null && { kind: { equalTo: kind } }),
    ...(task !== null && { taskIdentifier: { equalTo: task } }),
    ...(tag !== null && { tags: { contains: [tag] } }),
    ...(by !== null && { createdBy: { equalTo: by } }),
    ...(text !== '' && {
      or: [{ name: { includesInsensitive: text } }, { taskIdentifier: { includesInsensitive: text } }],
    }),
  }
}
