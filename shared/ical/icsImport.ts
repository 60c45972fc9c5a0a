import { cancelled, contextOf, isRecurring, seriesOf } from './icsCalendar.ts'
import { EventError, IcsError } from './icsError.ts'
import type { IcsEvent } from './icsEvent.ts'
import { cronWindow } from './icsRule.ts'
import { isFirstOfRules, keyOf, spansOf, tooMany, type Series, type Span } from './icsSeries.ts'
import { parseIcs, printIcs, textOf, type IcsComponent } from './icsText.ts'
import { day, parseTimes, type TimeContext } from './icsTime.ts'

export { IcsError } from './icsError.ts'
export { decodeIcs } from './icsText.ts'

/** An entry as `import_exclusions` takes it: dates, a range, or a recurring window. */
export type ImportEntry = {
  label: string | null
  /** Which of the rules gave it, counted from 0. */
  rule?: number
} & (
  | { starts_on: string; ends_on: string }
  | { starts_at: string; ends_at: string }
  | { cron_expression: string; duration: string; timezone?: string }
)

/** The rule of a series that continues after its entries, to be extended. */
type ImportRule = {
  label: string | null
  /** The event as a calendar file of its own. */
  ics: string
  known_until: string
}

/** An event that is not taken: what it is called, where it begins in the file, and why. */
interface LeftOut {
  label: string
  uid: string | null
  line: number
  reason: string
}

/** What a calendar file has to exclude. */
export interface IcsImport {
  /** What the file calls itself. */
  name: string | null
  entries: ImportEntry[]
  rules: ImportRule[]
  leftOut: LeftOut[]
  /** What is read in a way that may surprise. */
  notes: string[]
}

interface IcsOptions {
  /** Zone of the calendar that takes the entries; null: it has none, and its dates are those of each schedule. */
  timezone: string | null
  /** What times without a zone mean where neither the file nor the calendar says it. */
  fallback?: string
  /** Now, in milliseconds since 1970. */
  now: number
}

const yearsKnown = 5
const mostEntries = 5000
const mostEvents = 20_000
const mostSeries = 2000
/** Of rules that take long to look through, and of entries before the past ones are left out. */
const mostLong = 5
const mostRead = 100_000
const longestSeries = 100_000

/**
 * Turns a calendar file (RFC 5545) into exclusions. All-day events become dates, others ranges. A series that never
 * ends becomes a recurring window where cron can say the same, otherwise its occurrences of this year and the five
 * following ones, and is kept to be extended. Cancelled events are left out, and so are events with a time that leave
 * their owner free (TRANSP:TRANSPARENT); all-day ones count even then, as public holidays are usually published so.
 */
export function readIcs(text: string, options: IcsOptions): IcsImport {
  const result: IcsImport = { name: null, entries: [], rules: [], leftOut: [], notes: [] }
  const calendars = parseIcs(text)
  const events = calendars.flatMap(({ components }) => components).filter(({ name }) => name === 'VEVENT')
  if (events.length > mostEvents)
    throw new IcsError(`The file has ${events.length} events; the limit is ${mostEvents}.`)
  if (events.length > 0 && events.every(({ isWhole }) => !isWhole))
    throw new IcsError('The calendar file is incomplete: it ends within an event.')
  const year = new Date(options.now).getUTCFullYear()
  const range = { from: Date.UTC(year, 0), until: Date.UTC(year + yearsKnown + 1, 0) }
  for (const calendar of calendars) {
    result.name ??= textOf(calendar, 'X-WR-CALNAME') ?? textOf(calendar, 'NAME')
    readCalendar(calendar, { ...options, range }, result)
  }
  return withinLimit(result, range.from)
}

/** The occurrences of a kept series from the last known one on. */
export function readOn(
  ics: string,
  { timezone, fallback, from, until }: Omit<IcsOptions, 'now'> & { from: number; until: number },
): { entries: ImportEntry[]; goesOn: boolean } {
  const entries: ImportEntry[] = []
  let goesOn = false
  for (const calendar of parseIcs(ics)) {
    const context = contextOf(calendar, { timezone, ...(fallback !== undefined && { fallback }) })
    for (const series of seriesOf(calendar, timezone, context, () => undefined)) {
      const found = spansOf(series, { from, until }, context)
      entries.push(...found.spans.filter(({ start }) => start >= from).map(entryOf))
      goesOn ||= found.goesOn
    }
  }
  return { entries, goesOn }
}

type ReadOptions = IcsOptions & { range: { from: number; until: number } }

function readCalendar(calendar: IcsComponent, options: ReadOptions, result: IcsImport): void {
  const context = contextOf(calendar, options)
  const isCancelled = textOf(calendar, 'METHOD')?.toUpperCase() === 'CANCEL'
  const leaveOut = (component: IcsComponent, reason: string) =>
    result.leftOut.push({
      label: textOf(component, 'SUMMARY') ?? 'Without a title',
      uid: textOf(component, 'UID'),
      line: component.line,
      reason,
    })
  let isFloating = false
  let count = 0
  let long = 0
  for (const series of seriesOf(calendar, options.timezone, context, leaveOut)) {
    const { component, isAllDay, start } = series.master
    const isSeries = isRecurring(series)
    try {
      if (isCancelled) throw new EventError(cancelled)
      count += isSeries ? 1 : 0
      if (count > mostSeries) throw new IcsError(`The file has more than ${mostSeries} series.`)
      const read = isSeries ? readSeries(series, calendar, options, context) : single(series.master, context)
      const kept = read.kept && result.rules.push(read.kept) - 1
      result.entries.push(
        ...read.entries.map((entry) => (kept === undefined ? entry : { ...entry, rule: kept })),
      )
      if (result.entries.length > mostRead)
        throw new IcsError(`The file has more than ${mostRead} dates and times.`)
      isFloating ||= !isAllDay && start.zone === null && read.entries.some((entry) => 'starts_at' in entry)
    } catch (error) {
      if (error instanceof IcsError) throw error
      if (error instanceof EventError && error.message === tooMany) long += 1
      if (long > mostLong)
        throw new IcsError(`The file has more than ${mostLong} series with too many occurrences.`)
      leaveOut(component, error instanceof EventError ? error.message : 'It could not be read.')
    }
  }
  if (isFloating && options.timezone === null && !context.isNamed)
    result.notes.push(
      `Times without a zone are read as ${context.floating.name ?? 'UTC'}: neither the file nor the calendar has one.`,
    )
}

interface Read {
  entries: ImportEntry[]
  /** The series continues after its last entry. */
  kept?: ImportRule
}

function single(event: IcsEvent, context: TimeContext): Read {
  const range = { from: -Infinity, until: Infinity }
  return { entries: spansOf({ master: event, rules: [], overrides: [] }, range, context).spans.map(entryOf) }
}

function readSeries(
  series: Series,
  calendar: IcsComponent,
  options: ReadOptions,
  context: TimeContext,
): Read {
  const windows = windowsOf(series, options, context)
  if (windows !== null) return { entries: windows }
  const { master } = series
  const { spans, goesOn } = spansOf(series, options.range, context)
  if (spans.length > mostEntries)
    throw new EventError(
      `It has more than ${mostEntries} occurrences until ${dateText(options.range.until - day)}.`,
    )
  if (spans.length === 0 && !goesOn) throw new EventError('It has no occurrence from this year on.')
  const entries = spans.map(entryOf)
  if (!goesOn) return { entries }
  const known_until = new Date(options.range.until).toISOString()
  return { entries, kept: { label: master.label, ics: seriesText(series, calendar, context), known_until } }
}

/** A series without end as recurring windows; null where cron cannot say the same. */
function windowsOf(
  series: Series,
  { timezone, now, range }: ReadOptions,
  context: TimeContext,
): ImportEntry[] | null {
  const { master, rules, overrides } = series
  const { isAllDay, length, label } = master
  const zone = isAllDay ? null : (master.start.zone ?? (context.isNamed ? context.floating : null))
  if (zone !== null && zone.name === null) return null
  const matters = (time: number) => time >= range.from - day
  const { properties } = master.component
  const exceptions = parseTimes(
    properties.filter(({ name }) => name === 'EXDATE'),
    context,
  )
  const isPlain =
    !properties.some(({ name }) => name === 'RDATE' || name === 'EXRULE') &&
    !exceptions.some((time) => matters(keyOf(master, time, context))) &&
    !overrides.some(
      ({ event, replaces, isForFollowing }) =>
        isForFollowing ||
        matters(keyOf(master, replaces, context)) ||
        matters(keyOf(event, event.start, context)),
    )
  if (!isPlain) return null
  const windows = rules.map((rule) => cronWindow({ rule, start: master.start.local, isAllDay, length, now }))
  const named = zone === null || zone.name === null || zone.name === timezone ? {} : { timezone: zone.name }
  if (windows.includes(null)) return null
  const isBeside = matters(keyOf(master, master.start, context)) && !isFirstOfRules(series, context)
  return [
    ...windows.flatMap((window) => (window === null ? [] : [{ label, ...window, ...named }])),
    ...(isBeside ? single(master, context).entries : []),
  ]
}

function entryOf({ start, end, event }: Span): ImportEntry {
  const { label } = event
  const outside = start < Date.UTC(1900, 0) ? start : end >= Date.UTC(9999, 11, 31) ? end : null
  if (outside !== null) throw new EventError(`It extends to the year ${new Date(outside).getUTCFullYear()}.`)
  if (event.isAllDay) return { label, starts_on: dateText(start), ends_on: dateText(end - day) }
  return { label, starts_at: new Date(start).toISOString(), ends_at: new Date(end).toISOString() }
}

const dateText = (value: number) => new Date(value).toISOString().slice(0, 10)

const needed = [
  'UID SUMMARY DTSTART DTEND DURATION RRULE RDATE EXDATE EXRULE RECURRENCE-ID STATUS TRANSP SEQUENCE',
  'X-MICROSOFT-CDO-ALLDAYEVENT TZID TZOFFSETFROM TZOFFSETTO X-LIC-LOCATION X-WR-TIMEZONE',
].flatMap((names) => names.split(' '))

/** A series as a calendar file of its own, with nothing in it that its times do not need. */
function seriesText({ master, overrides }: Series, calendar: IcsComponent, context: TimeContext): string {
  const events = [master, ...overrides.map(({ event }) => event)].map(({ component }) => component)
  const tzids = new Set(
    events.flatMap(({ properties }) => properties.map(({ params }) => params.get('TZID'))),
  )
  const zones = calendar.components.filter(
    (part) =>
      part.name === 'VTIMEZONE' && tzids.has(part.properties.find(({ name }) => name === 'TZID')?.value),
  )
  const zone = {
    name: 'X-WR-TIMEZONE',
    params: new Map<string, string>(),
    value: context.floating.name ?? 'UTC',
  }
  const parts = [...zones, ...events.map((event) => ({ ...event, components: [] }))]
  const text = printIcs({ ...calendar, properties: [zone], components: parts }, needed)
  if (text.length > longestSeries)
    throw new EventError(`It has more than ${longestSeries} characters: too long to be extended later.`)
  return text
}

/** Past events go first where there are too many. */
function withinLimit(result: IcsImport, from: number): IcsImport {
  if (result.entries.length <= mostEntries) return result
  const isPast = (entry: ImportEntry) =>
    ('ends_at' in entry && Date.parse(entry.ends_at) < from) ||
    ('ends_on' in entry && Date.parse(entry.ends_on) < from)
  const entries = result.entries.filter((entry) => !isPast(entry))
  const left = result.entries.length - entries.length
  if (entries.length > mostEntries)
    throw new IcsError(
      `The file has ${entries.length} dates and times from this year on; the limit is ${mostEntries}.`,
    )
  return {
    ...result,
    entries,
    notes: [...result.notes, `${left} dates and times of past years are left out.`],
  }
}
