import * as v from 'valibot'
import { laneSpans } from './lanes/lanesRange.ts'
import { shownStates } from './filter/shownState.ts'

/** Text that looks like a number arrives as one. */
const text = v.pipe(v.union([v.string(), v.number()]), v.transform(String), v.nonEmpty(), v.maxLength(200))
const orNone = <Schema extends v.GenericSchema>(schema: Schema) => v.fallback(v.optional(schema), undefined)

/** What every page's address may say. */
export const framedSearch = v.object({
  /** The zone to show; the viewer's own where it is missing. */
  zone: orNone(v.pipe(v.string(), v.check(isTimeZone))),
})

/** What of the calendar is in the address next to view and date. */
export const calendarSearch = v.object({
  ...framedSearch.entries,
  /** Text that the names of shown schedules contain. */
  q: orNone(text),
  tag: orNone(text),
  task: orNone(text),
  /** Who created it. */
  by: orNone(text),
  /** What happened to it, or will. */
  status: orNone(v.picklist(shownStates)),
  /** The one schedule to show. */
  schedule: orNone(v.pipe(text, v.regex(/^\d{1,18}$/))),
  /** How much time lanes show. */
  span: orNone(v.picklist(laneSpans)),
  /** Whether Almanac's own schedules are shown. */
  system: orNone(v.literal(true)),
  /** The key of the item that is open. */
  item: orNone(v.string()),
})

export type CalendarSearch = v.InferOutput<typeof calendarSearch>

/** What of another address holds for the calendar. */
export function ofCalendar(search: object): CalendarSearch {
  return v.parse(calendarSearch, search)
}

/** Whether a browser knows the name as a time zone. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
