import * as v from 'valibot'
import { laneSpans } from './lanes/lanesRange.ts'

/** Text that looks like a number arrives as one. */
const text = v.pipe(v.union([v.string(), v.number()]), v.transform(String))

/** What of the calendar stands in the address next to view and date. */
export const calendarSearch = v.object({
  /** The zone to show; the viewer's own where it is missing. */
  zone: v.fallback(v.optional(v.pipe(v.string(), v.check(isTimeZone))), undefined),
  /** Text that the names of shown schedules contain. */
  q: v.fallback(v.optional(text), undefined),
  /** The one schedule to show. */
  schedule: v.fallback(v.optional(text), undefined),
  /** How much time lanes show. */
  span: v.fallback(v.optional(v.picklist(laneSpans)), undefined),
  /** Whether Almanac's own schedules are shown. */
  system: v.fallback(v.optional(v.literal(true)), undefined),
  /** The key of the item that is open. */
  item: v.fallback(v.optional(v.string()), undefined),
})

export type CalendarSearch = v.InferOutput<typeof calendarSearch>

/** Whether a browser knows the name as a time zone. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** Whether an item passes the filters of the address. */
export function isShown(
  item: { kind?: string; scheduleId: string; scheduleName: string },
  search: CalendarSearch,
): boolean {
  if (item.kind === 'density') return true
  if (search.schedule !== undefined && item.scheduleId !== search.schedule) return false
  return search.q === undefined || item.scheduleName.toLowerCase().includes(search.q.toLowerCase())
}
