import ICAL from 'ical.js'
import { recurringWindow } from './icsRule.ts'

/** An entry as `import_exclusions` takes it: dates, a range, or a recurring window. */
export type ImportEntry = { label: string | null } & (
  | { starts_on: string; ends_on: string }
  | { starts_at: string; ends_at: string }
  | { cron_expression: string; duration: string }
)

/** What a calendar file has to exclude. */
export interface IcsImport {
  /** What the file calls itself. */
  name: string | null
  entries: ImportEntry[]
  /** Events that are not taken, with the reason. */
  leftOut: { label: string; reason: string }[]
}

interface IcsOptions {
  /** Zone of the calendar that takes the entries: what times without a zone mean. */
  timezone: string
  /** Now, in milliseconds since 1970: where series that are expanded begin. */
  now: number
}

/** The text is no calendar file, or one that cannot be read. */
export class IcsError extends Error {}

const day = 86_400_000
const yearsExpanded = 5
const mostEntries = 5000
const mostLooked = 50_000

/**
 * Turns a calendar file (RFC 5545) into exclusions. All-day events become dates, others ranges. A series that never
 * ends becomes a recurring window where cron can say the same, else its occurrences of this year and the five
 * following ones. Cancelled events are left out, and so are events with a time that leave their owner free
 * (TRANSP:TRANSPARENT); all-day ones count even then, as public holidays are usually published so.
 */
export function readIcs(text: string, options: IcsOptions): IcsImport {
  const result: IcsImport = { name: null, entries: [], leftOut: [] }
  for (const calendar of calendarsOf(text)) {
    const zones = zonesOf(calendar)
    const timezone = textOf(calendar, 'x-wr-timezone')
    const floating = timezone !== null && isTimeZone(timezone) ? timezone : options.timezone
    result.name ??= textOf(calendar, 'x-wr-calname')
    for (const component of calendar.getAllSubcomponents('vevent')) {
      const event = new ICAL.Event(component)
      if (event.isRecurrenceException()) continue
      const { entries, reason } = readEvent(event, { ...options, zones, floating })
      result.entries.push(...entries)
      if (reason !== null) result.leftOut.push({ label: labelOf(event) ?? 'Without a title', reason })
      if (result.entries.length > mostEntries)
        throw new IcsError(`The file has more than ${mostEntries.toLocaleString('en-GB')} dates and times.`)
    }
  }
  return result
}

interface EventOptions extends IcsOptions {
  zones: ReadonlyMap<string, ICAL.Timezone>
  floating: string
}

interface EventEntries {
  entries: ImportEntry[]
  reason: string | null
}

const none = (reason: string): EventEntries => ({ entries: [], reason })

function readEvent(event: ICAL.Event, options: EventOptions): EventEntries {
  if (!event.component.hasProperty('dtstart')) return none('It has no beginning.')
  const reason = reasonToLeaveOut(event)
  if (reason !== null) return none(reason)
  if (!event.isRecurring()) return one(event, event.startDate, event.endDate, options)
  const { startDate, duration } = event
  const window = recurringWindow({
    rules: event.component.getAllProperties('rrule').map((rule) => rule.getFirstValue() as ICAL.Recur),
    start: startDate,
    seconds: duration.toSeconds(),
    isPlain:
      !event.component.hasProperty('rdate') &&
      !event.component.hasProperty('exdate') &&
      !hasExceptions(event),
    isInZone: startDate.isDate || zoneOf(startDate, event.component, options) === options.timezone,
    now: options.now,
  })
  if (window !== null) return { entries: [{ label: labelOf(event), ...window }], reason: null }
  return expanded(event, options)
}

function hasExceptions(event: ICAL.Event): boolean {
  return Object.keys(event.exceptions).length > 0
}

function reasonToLeaveOut(event: ICAL.Event): string | null {
  const { component } = event
  if (textOf(component, 'status')?.toUpperCase() === 'CANCELLED') return 'It is cancelled.'
  const isFree = textOf(component, 'transp')?.toUpperCase() === 'TRANSPARENT'
  return isFree && !event.startDate.isDate ? 'It is marked as free time.' : null
}

/** The occurrences of a series from the beginning of this year on, for some years. */
function expanded(event: ICAL.Event, options: EventOptions): EventEntries {
  const year = new Date(options.now).getUTCFullYear()
  const entries: ImportEntry[] = []
  const iterator = event.iterator()
  let looked = 0
  for (let next = iterator.next() as ICAL.Time | null; next; next = iterator.next() as ICAL.Time | null) {
    if (next.year > year + yearsExpanded) break
    looked += 1
    if (looked > mostLooked)
      throw new IcsError(`The series “${labelOf(event) ?? ''}” has too many occurrences.`)
    if (next.year < year) continue
    const { item, startDate, endDate } = event.getOccurrenceDetails(next)
    if (reasonToLeaveOut(item) !== null) continue
    entries.push(...one(item, startDate, endDate, options).entries)
    if (entries.length > mostEntries) break
  }
  return entries.length > 0 ? { entries, reason: null } : none('It has no occurrence from this year on.')
}

function one(event: ICAL.Event, start: ICAL.Time, end: ICAL.Time, options: EventOptions): EventEntries {
  const label = labelOf(event)
  if (start.isDate) {
    const last = Math.max(dateValue(end) - day, dateValue(start))
    return {
      entries: [{ label, starts_on: dateText(dateValue(start)), ends_on: dateText(last) }],
      reason: null,
    }
  }
  if (end.compare(start) <= 0) return none('It has no length.')
  const moment = (time: ICAL.Time) => momentText(time, event.component, options)
  return { entries: [{ label, starts_at: moment(start), ends_at: moment(end) }], reason: null }
}

/** The end of an all-day event is the day after it. */
function dateValue({ year, month, day }: ICAL.Time): number {
  return Date.UTC(year, month - 1, day)
}

function dateText(value: number): string {
  return new Date(value).toISOString().slice(0, 10)
}

/** A moment as PostgreSQL reads it: local time and zone, so that the database knows the clock changes. */
function momentText(time: ICAL.Time, component: ICAL.Component, options: EventOptions): string {
  const zone = zoneOf(time, component, options)
  if (zone === null) return new Date(time.toUnixTime() * 1000).toISOString()
  return `${time.toString().replace('T', ' ').replace('Z', '')} ${zone}`
}

/** The zone of a time by its name; null where only the file knows it. */
function zoneOf(
  time: ICAL.Time,
  component: ICAL.Component,
  { zones, floating }: EventOptions,
): string | null {
  if (time.zone === ICAL.Timezone.utcTimezone) return 'UTC'
  const parameter: unknown = component.getFirstProperty('dtstart')?.getParameter('tzid')
  const tzid = typeof parameter === 'string' ? parameter : null
  if (tzid === null) return floating
  if (isTimeZone(tzid)) return tzid
  const zone = zones.get(tzid)
  if (zone === undefined)
    throw new IcsError(`The time zone ${tzid} is neither known nor described in the file.`)
  time.zone = zone
  return null
}

function labelOf(event: ICAL.Event): string | null {
  const label = event.component.hasProperty('summary') ? event.summary.trim() : ''
  return label === '' ? null : label
}

function textOf(component: ICAL.Component, name: string): string | null {
  const value: unknown = component.getFirstPropertyValue(name)
  return typeof value === 'string' && value !== '' ? value : null
}

function zonesOf(calendar: ICAL.Component): Map<string, ICAL.Timezone> {
  const zones = calendar.getAllSubcomponents('vtimezone').map((each) => new ICAL.Timezone(each))
  return new Map(zones.map((zone) => [zone.tzid, zone]))
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

function calendarsOf(text: string): ICAL.Component[] {
  if (!/^\uFEFF?\s*BEGIN:VCALENDAR/i.test(text))
    throw new IcsError('This is no calendar file: it does not begin with BEGIN:VCALENDAR.')
  let parsed: unknown
  try {
    parsed = ICAL.parse(text.replace(/^\uFEFF?\s*/, ''))
  } catch (error) {
    throw new IcsError(
      `The calendar file cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    )
  }
  // One calendar is ['vcalendar', …], several are an array of those.
  const all =
    Array.isArray(parsed) && Array.isArray(parsed[0]) ? (parsed as unknown[][]) : [parsed as unknown[]]
  return all.map((each) => new ICAL.Component(each))
}
