import * as v from 'valibot'

/** What can be sorted by, and how the API calls both directions. */
export const sortColumns = {
  name: ['NAME_ASC', 'NAME_DESC'],
  next: ['NEXT_RUN_AT_ASC', 'NEXT_RUN_AT_DESC'],
  last: ['LAST_RUN_AT_ASC', 'LAST_RUN_AT_DESC'],
  total: ['TOTAL_RUNS_ASC', 'TOTAL_RUNS_DESC'],
} as const

export type SortColumn = keyof typeof sortColumns

export const scheduleStatuses = ['active', 'paused', 'completed', 'disabled'] as const

/** What the address of the list says; what cannot be read is as if it was not there. */
export const scheduleListSearch = v.object({
  q: v.fallback(v.optional(v.string(), ''), ''),
  status: v.fallback(v.optional(v.nullable(v.picklist(scheduleStatuses)), null), null),
  sort: v.fallback(v.optional(v.picklist(['name', 'next', 'last', 'total']), 'name'), 'name'),
  descending: v.fallback(v.optional(v.boolean(), false), false),
})

export type ScheduleListSearch = v.InferOutput<typeof scheduleListSearch>

/** The address after a click on a column: the same column again turns the order round. */
export function sortedBy(search: ScheduleListSearch, sort: SortColumn): ScheduleListSearch {
  return { ...search, sort, descending: search.sort === sort && !search.descending }
}

/** Without what is as by default, so that addresses stay short. */
export function shortSearch({
  q,
  status,
  sort,
  descending,
}: ScheduleListSearch): Partial<ScheduleListSearch> {
  return {
    ...(q !== '' && { q }),
    ...(status !== null && { status }),
    ...(sort !== 'name' && { sort }),
    ...(descending && { descending }),
  }
}

/** The list's filter for the API: what is deleted is left out. */
export function scheduleFilter({ q, status }: Pick<ScheduleListSearch, 'q' | 'status'>) {
  const text = q.trim()
  return {
    deletedAt: { isNull: true },
    ...(status !== null && { status: { equalTo: status } }),
    ...(text !== '' && {
      or: [{ name: { includesInsensitive: text } }, { taskIdentifier: { includesInsensitive: text } }],
    }),
  }
}
