import type { CalendarSearch } from '../calendarSearch.ts'
import { isOfAll, type CalendarItem } from '../items/calendarItem.ts'
import { narrowedTo, shownStateNames } from './shownState.ts'

/** What of an address narrows the schedules that are shown. */
export type ScheduleFilterSearch = Pick<CalendarSearch, 'q' | 'tag' | 'task' | 'by' | 'schedule'>

/** How long a text may still be being typed, in milliseconds. */
export const typingDelay = 250

const filterKeys = ['q', 'tag', 'task', 'by', 'status', 'schedule'] as const

export type FilterKey = (typeof filterKeys)[number]

/** Whether an address leaves anything out. */
export function isNarrowed(search: CalendarSearch): boolean {
  return filterKeys.some((key) => search[key] !== undefined)
}

/** The address without its filters. */
export function widened(search: CalendarSearch): CalendarSearch {
  return {
    ...search,
    q: undefined,
    tag: undefined,
    task: undefined,
    by: undefined,
    status: undefined,
    schedule: undefined,
  }
}

export interface FilterPart {
  key: FilterKey
  /** "Tag", "Name contains". */
  name: string
  value: string
}

/** What an address leaves, in words. */
export function filterParts(search: CalendarSearch, scheduleName?: string | null): FilterPart[] {
  const part = (key: FilterKey, name: string, value: string | undefined) =>
    value === undefined ? [] : [{ key, name, value }]
  return [
    ...part('q', 'Name contains', search.q),
    ...part('schedule', 'Schedule', search.schedule && (scheduleName ?? `#${search.schedule}`)),
    ...part('tag', 'Tag', search.tag),
    ...part('task', 'Task', search.task),
    ...part('by', 'Creator', search.by),
    ...part('status', 'Only', search.status && shownStateNames[search.status].toLowerCase()),
  ]
}

export interface CalendarArgs {
  search?: string
  tags?: string[]
  task?: string
  creator?: string
  scheduleIds?: string[]
}

/** The arguments of the database's calendar for the schedules that an address leaves. */
export function calendarArgs({ q, tag, task, by, schedule }: ScheduleFilterSearch): CalendarArgs {
  return {
    ...(q !== undefined && { search: q }),
    ...(tag !== undefined && { tags: [tag] }),
    ...(task !== undefined && { task }),
    ...(by !== undefined && { creator: by }),
    ...(schedule !== undefined && { scheduleIds: [schedule] }),
  }
}

/** The same for lists of schedules. */
export function scheduleFilterOf({ q, tag, task, by, schedule }: ScheduleFilterSearch) {
  return {
    ...(q !== undefined && { name: { includesInsensitive: q } }),
    ...(tag !== undefined && { tags: { contains: [tag] } }),
    ...(task !== undefined && { taskIdentifier: { equalTo: task } }),
    ...(by !== undefined && { createdBy: { equalTo: by } }),
    ...(schedule !== undefined && { rowId: { equalTo: schedule } }),
  }
}

/** The same for runs, as almanac.find_runs() and almanac.find_active_runs() take it. */
export function runFilterOf({ q, tag, task, by, schedule }: ScheduleFilterSearch) {
  return {
    ...(q !== undefined && { schedule_search: q }),
    ...(tag !== undefined && { tag }),
    ...(task !== undefined && { task }),
    ...(by !== undefined && { creator: by }),
    ...(schedule !== undefined && { schedule_id: schedule }),
  }
}

/** What is left of items that the database was asked for with the rest of the filter: by name at once, while one types. */
export function narrowed(
  items: readonly CalendarItem[],
  { q, status }: Pick<CalendarSearch, 'q' | 'status'>,
): readonly CalendarItem[] {
  const text = q?.toLowerCase()
  const named =
    text === undefined
      ? items
      : items.filter((item) => isOfAll(item) || item.scheduleName.toLowerCase().includes(text))
  return status === undefined
    ? named
    : named.map((item) => narrowedTo(item, status)).filter((item) => item !== null)
}
