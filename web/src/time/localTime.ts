import { dayKey, isoClock } from './instant.ts'

/** What a date-and-time field shows for a moment: the zone's wall clock. */
export function localText(instant: string, zone: string): string {
  return `${dayKey(instant, zone)}T${isoClock(instant, zone)}`
}

const offsetPattern = /[+-]\d\d:\d\d$/

/** The same, with the offset where the clock shows that time for the second time. */
export function exactLocalText(instant: string, zone: string): string {
  const text = localText(instant, zone)
  const moment = Temporal.Instant.fromEpochMilliseconds(Date.parse(instant)).toZonedDateTimeISO(zone)
  return Temporal.PlainDateTime.from(text).toZonedDateTime(zone).offset === moment.offset
    ? text
    : text + moment.offset
}

/** The parts of a local text: its date, its time of day and, where it tells two times apart, its offset. */
export function localParts(local: string): { date: string; time: string; offset: string | null } {
  const offset = offsetPattern.exec(local)?.[0] ?? null
  const [date = '', time = ''] = local.replace(offsetPattern, '').split('T')
  return { date, time, offset }
}

/** A time of day as people type it, in full: of 9:30, 930 or 9.30 it is 09:30. What is not a time stays as it is. */
export function fullTime(time: string): string {
  const [, hour, minute] = /^([01]?\d|2[0-3])[:.h]?([0-5]\d)$/.exec(time) ?? []
  return hour === undefined || minute === undefined ? time : `${hour.padStart(2, '0')}:${minute}`
}

export type ClockChange =
  | {
      readonly is: 'skipped'
      /** What it shows in its place. */
      readonly shows: string
      readonly offset: string
    }
  | { readonly is: 'twice'; readonly offsets: readonly [first: string, second: string] }

/**
 * What a zone's clock does at a local time: it skips it, or shows it twice. Null: neither, or the text is not a time
 * yet.
 */
export function clockChange(date: string, time: string, zone: string): ClockChange | null {
  let local: Temporal.PlainDateTime
  try {
    local = Temporal.PlainDateTime.from(`${date}T${fullTime(time)}`)
  } catch {
    return null
  }
  const first = local.toZonedDateTime(zone)
  if (!first.toPlainDateTime().equals(local))
    return { is: 'skipped', shows: first.toPlainTime().toString().slice(0, 5), offset: first.offset }
  const second = local.toZonedDateTime(zone, { disambiguation: 'later' })
  return first.offset === second.offset ? null : { is: 'twice', offsets: [first.offset, second.offset] }
}

/**
 * A wall-clock time with its zone, as PostgreSQL reads it, which decides what a gap means. Of a time that comes twice
 * PostgreSQL would take the second, Almanac the first: that one is named by its offset.
 */
export function withZone(local: string, zone: string): string | null {
  const text = local.trim()
  if (text === '') return null
  const { date, time, offset } = localParts(text)
  const change = offset === null ? clockChange(date, time, zone) : null
  const told = offset ?? (change?.is === 'twice' ? change.offsets[0] : null)
  const clock = fullTime(time)
  return told === null ? `${date} ${clock} ${zone}`.replace(/ {2}/, ' ') : `${date} ${clock}${told}`
}

/** The moment at which clocks in a zone show a local time, as a field has it; null where it is not a time. */
export function instantOf(local: string, timeZone: string): number | null {
  try {
    const { date, time, offset } = localParts(local)
    const text = `${date}T${fullTime(time)}`
    return offset === null
      ? Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone).epochMilliseconds
      : Temporal.Instant.from(text + offset).epochMilliseconds
  } catch {
    return null
  }
}
