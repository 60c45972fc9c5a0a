import { RRuleTemporal } from 'rrule-temporal'
import { EventError } from './icsError.ts'
import type { IcsEvent } from './icsEvent.ts'
import { parseRule, printRule, type IcsRule } from './icsRule.ts'
import { textOf, type IcsComponent } from './icsText.ts'
import {
  dateOf,
  day,
  instantOf,
  parseDuration,
  parseTime,
  parseTimes,
  type IcsDuration,
  type IcsTime,
  type TimeContext,
} from './icsTime.ts'
import { utc, type IcsZone } from './icsZone.ts'

/**
 * One occurrence, from its begin to its end: moments in milliseconds since 1970, or midnights of dates as if in UTC.
 */
export interface Span {
  start: number
  end: number
  event: IcsEvent
}

/** An event and what the file says of single occurrences of it. */
export interface Series {
  master: IcsEvent
  rules: readonly IcsRule[]
  overrides: readonly Override[]
}

/** What RECURRENCE-ID puts in place of one occurrence, or of all from it on. */
export interface Override {
  event: IcsEvent
  replaces: IcsTime
  isForFollowing: boolean
  /** Cancelled, or marked as free time: nothing takes its place. */
  isGone: boolean
}

interface Range {
  /** Occurrences that end after it… */
  from: number
  /** …and begin before it. */
  until: number
}

const most = 50_000
/** Local times reach this far from UTC. */
const margin = 2 * day

export const rulesOf = ({ component }: IcsEvent, name: 'RRULE' | 'EXRULE'): IcsRule[] =>
  component.properties
    .filter((property) => property.name === name)
    .map(({ value }) => parseRule(value))
    .filter((rule) => rule !== null)

const valuesOf = (component: IcsComponent, name: string) =>
  component.properties.filter((property) => property.name === name)

/** The occurrences of a series that are in a range, by their begin, and whether more come after it. */
export function spansOf(
  series: Series,
  range: Range,
  context: TimeContext,
): { spans: Span[]; goesOn: boolean } {
  const { master, rules, overrides } = series
  const longest = Math.max(
    ...[master, ...overrides.map(({ event }) => event)].map(({ length }) => lengthMs(length)),
  )
  const wide = { from: range.from - longest - margin, until: range.until + margin }
  const added = addedBy(master, context)
  const first = keyOf(master, master.start, context)
  const isWithinRules = rules.length === 0 || rules.some((rule) => endOfRule(rule, master, context) >= first)
  const starts = new Set(isWithinRules ? [first, ...added.keys()] : added.keys())
  let goesOn = [...starts].some((start) => start >= range.until)
  for (const rule of rules) {
    const found = startsOf(rule, master, wide, context, rules.length === 1)
    for (const start of found.starts) starts.add(start)
    goesOn ||= found.goesOn
  }
  for (const rule of rulesOf(master, 'EXRULE'))
    for (const start of startsOf(rule, master, wide, context, false).starts) starts.delete(start)
  const exceptions = parseTimes(valuesOf(master.component, 'EXDATE'), context)
  const replacing = overrides.filter((override) => !isOutdated(override, series, context))
  const replaced = replacing.map(({ replaces }) => replaces)
  const isOut = matcherOf([...exceptions, ...replaced], master, context)

  const following = replacing
    .filter(({ isForFollowing }) => isForFollowing)
    .map((override) => ({ from: keyOf(master, override.replaces, context), override }))
    .toSorted((a, b) => a.from - b.from)
  const spans = replacing
    .filter(({ isGone }) => !isGone)
    .map(({ event }) => spanAt(event, keyOf(event, event.start, context), context))
  for (const start of starts) {
    if (isOut(start)) continue
    const change = following.findLast(({ from }) => from < start)?.override
    if (change?.isGone) continue
    const span = change ? shiftedSpan(change, start, master, context) : spanAt(master, start, context)
    spans.push({ ...span, end: added.get(start) ?? span.end })
  }
  const inRange = spans.filter(({ start, end }) => end > range.from && start < range.until)
  return { spans: inRange.toSorted((a, b) => a.start - b.start), goesOn }
}

/**
 * What an earlier version of the series changed, and the present one does not have: Apple and others take a changed
 * occurrence out of the series as well, in the same version.
 */
function isOutdated({ event, replaces }: Override, { master, rules }: Series, context: TimeContext): boolean {
  if (versionOf(event) >= versionOf(master)) return false
  const key = keyOf(master, replaces, context)
  const range = { from: key - margin, until: key + margin }
  const { spans } = spansOf({ master, rules, overrides: [] }, range, context)
  return !spans.some(({ start }) => matcherOf([replaces], master, context)(start))
}

export const versionOf = ({ component }: IcsEvent): number => Number(textOf(component, 'SEQUENCE') ?? 0) || 0

/** Tells which occurrences some times name: by the moment, or all of a date. */
function matcherOf(
  times: readonly IcsTime[],
  master: IcsEvent,
  context: TimeContext,
): (start: number) => boolean {
  const isWholeDate = ({ isDate }: IcsTime) => isDate && !master.isAllDay
  const dates = new Set(times.filter(isWholeDate).map(({ local }) => local))
  const keys = new Set(times.filter((time) => !isWholeDate(time)).map((time) => keyOf(master, time, context)))
  return (start) => keys.has(start) || (dates.size > 0 && dates.has(dateShown(start, master, context)))
}

/** Whether the first occurrence is one that the rules name; otherwise it is next to them. */
export function isFirstOfRules({ master, rules }: Series, context: TimeContext): boolean {
  const first = keyOf(master, master.start, context)
  const range = { from: first - margin, until: first + margin }
  return rules.some((rule) => startsOf(rule, master, range, context, false).starts.includes(first))
}

/** Where an occurrence begins, in the way that the occurrences of this event are told apart: its date or its moment. */
export function keyOf(event: IcsEvent, time: IcsTime, context: TimeContext): number {
  return event.isAllDay
    ? dateOf(time, zoneOfEvent(event, context))
    : instantOf(time.isDate ? { ...time, zone: event.start.zone } : time, context)
}

const zoneOfEvent = ({ start }: IcsEvent, { floating }: TimeContext): IcsZone => start.zone ?? floating

const dateShown = (start: number, event: IcsEvent, context: TimeContext): number =>
  Math.floor(zoneOfEvent(event, context).localOf(start) / day) * day

const lengthMs = ({ days, milliseconds }: IcsDuration) => days * day + milliseconds

function spanAt(event: IcsEvent, start: number, context: TimeContext): Span {
  const { days, milliseconds } = event.length
  if (event.isAllDay) return { start, end: start + Math.max(days, 1) * day, event }
  const zone = zoneOfEvent(event, context)
  return {
    start,
    end: (days > 0 ? zone.instantOf(zone.localOf(start) + days * day) : start) + milliseconds,
    event,
  }
}

/** An occurrence after one that was changed with all that follow: moved by as much, as long, and called so. */
function shiftedSpan(
  { event, replaces }: Override,
  start: number,
  master: IcsEvent,
  context: TimeContext,
): Span {
  const zone = zoneOfEvent(master, context)
  const shown = master.isAllDay ? start : zone.localOf(start)
  const was = master.isAllDay
    ? keyOf(master, replaces, context)
    : zone.localOf(keyOf(master, replaces, context))
  const becomes = event.isAllDay
    ? keyOf(event, event.start, context)
    : zone.localOf(keyOf(event, event.start, context))
  const moved = shown + becomes - was
  return spanAt(event, event.isAllDay ? Math.floor(moved / day) * day : zone.instantOf(moved), context)
}

/** Where occurrences begin that RDATE adds, with an end of their own if they are periods. */
function addedBy(master: IcsEvent, context: TimeContext): Map<number, number | undefined> {
  const added = new Map<number, number | undefined>()
  for (const { value, params } of valuesOf(master.component, 'RDATE')) {
    for (const text of value.split(',').filter((each) => each.trim() !== '')) {
      const [begin = '', end] = text.split('/')
      const start = parseTime(begin, params, context)
      const key = keyOf(master, start, context)
      added.set(
        key,
        end === undefined || master.isAllDay ? undefined : endOfPeriod(start, end, params, context),
      )
    }
  }
  return added
}

function endOfPeriod(
  start: IcsTime,
  end: string,
  params: ReadonlyMap<string, string>,
  context: TimeContext,
): number {
  if (!/^[+-]?P/i.test(end.trim())) return instantOf(parseTime(end, params, context), context)
  const { days, milliseconds } = parseDuration(end)
  return instantOf({ ...start, local: start.local + days * day }, context) + milliseconds
}

/** The last moment or date at which an occurrence may begin. */
function endOfRule(rule: IcsRule, event: IcsEvent, context: TimeContext): number {
  const [text] = rule.get('UNTIL') ?? []
  if (text === undefined) return Infinity
  const until = parseTime(text, new Map(), context)
  if (event.isAllDay) return dateOf(until, zoneOfEvent(event, context))
  const zone = until.zone ?? zoneOfEvent(event, context)
  return until.isDate ? zone.instantOf(until.local + day) - 1 : zone.instantOf(until.local)
}

/** Where the occurrences of a rule begin. In zones that only the file knows the rule is computed as in UTC. */
function startsOf(
  rule: IcsRule,
  event: IcsEvent,
  { from, until }: Range,
  context: TimeContext,
  includeDtstart = true,
): { starts: number[]; goesOn: boolean } {
  const zone = event.isAllDay ? utc : zoneOfEvent(event, context)
  const first = event.isAllDay ? keyOf(event, event.start, context) : event.start.local
  const isNamed = zone.name !== null && zone.localOf(zone.instantOf(first)) === first
  const begin = isNamed ? zone.instantOf(first) : first
  const end = endOfRule(rule, event, context)
  const expanded = newRule(
    event.isAllDay ? withoutClock(rule) : rule,
    begin,
    isNamed ? (zone.name ?? 'UTC') : 'UTC',
    includeDtstart,
  )
  const asInstant = (local: number) => (isNamed ? local : zone.instantOf(local))
  const found = between(expanded, from, Math.min(until, end + margin)).map(asInstant)
  return {
    starts: found.filter((start) => start <= end),
    goesOn: end >= until && hasNext(expanded, until),
  }
}

function withoutClock(rule: IcsRule): IcsRule {
  return new Map([...rule].filter(([name]) => !['BYHOUR', 'BYMINUTE', 'BYSECOND'].includes(name)))
}

function newRule(rule: IcsRule, begin: number, timeZone: string, includeDtstart: boolean): RRuleTemporal {
  return guarded(
    () =>
      new RRuleTemporal({
        rruleString: printRule(rule),
        dtstart: { timeZoneId: timeZone, toString: () => `${new Date(begin).toISOString()}[${timeZone}]` },
        tzid: timeZone,
        includeDtstart,
        maxIterations: most,
      }),
  )
}

function between(rule: RRuleTemporal, from: number, until: number): number[] {
  return until < from
    ? []
    : guarded(() => rule.between(new Date(from), new Date(until), true).map((time) => time.epochMilliseconds))
}

/** Whether there is one at all: a rule that is looked through for long without one, such as every 31 April, has none. */
function hasNext(rule: RRuleTemporal, after: number): boolean {
  try {
    return rule.next(new Date(after)) !== null
  } catch {
    return false
  }
}

export const tooMany = 'It has too many occurrences.'

/** What the library says is for programmers. */
function guarded<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (cause) {
    const isTooLong = cause instanceof Error && /maximum|exceeded/i.test(cause.message)
    throw new EventError(isTooLong ? tooMany : 'Its rule cannot be evaluated.', { cause })
  }
}

const far = { from: Date.UTC(1970, 0), until: Date.UTC(2100, 0) }

/** The local times at which an observance of a described zone begins. */
export function onsetsOf(observance: IcsComponent): readonly number[] {
  const context: TimeContext = { zoneOf: () => utc, floating: utc, isNamed: false }
  const [property] = valuesOf(observance, 'DTSTART')
  if (property === undefined) return []
  const start = parseTime(property.value, new Map(), context)
  const length = { days: 0, milliseconds: 0 }
  const event: IcsEvent = {
    component: observance,
    label: null,
    start: { ...start, isDate: false, zone: utc },
    isAllDay: false,
    length,
  }
  // Its end is a moment, and what is computed here are local times.
  const rules = rulesOf(event, 'RRULE').map((rule) => {
    const { starts } = startsOf(new Map([...rule].filter(([name]) => name !== 'UNTIL')), event, far, context)
    return starts.filter((local) => local <= endOfRule(rule, event, context) + day / 2)
  })
  const dates = parseTimes(valuesOf(observance, 'RDATE'), context).map(({ local }) => local)
  return [...new Set([start.local, ...dates, ...rules.flat()])]
}
