import { dayKey, isoClock } from './instant.ts'

/** What a date-and-time field shows for a moment: the zone's wall clock. */
export function localText(instant: string, zone: string): string {
  return `${dayKey(instant, zone)}T${isoClock(instant, zone)}`
}

/** A wall-clock time with its zone, as PostgreSQL reads it; the database decides what a gap or an overlap means. */
export function withZone(local: string, zone: string): string | null {
  const text = local.trim()
  return text === '' ? null : `${text.replace('T', ' ')} ${zone}`
}

/** The moment at which clocks in a zone show a local time, as a field has it; null where it is none. */
export function instantOf(local: string, timeZone: string): number | null {
  try {
    return Temporal.PlainDateTime.from(local).toZonedDateTime(timeZone).epochMilliseconds
  } catch {
    return null
  }
}
