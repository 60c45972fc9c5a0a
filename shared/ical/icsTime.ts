import { cutText } from '../cutText.ts'
import { EventError } from './icsError.ts'
import type { IcsProperty } from './icsText.ts'
import { ianaZone, utc, type IcsZone } from './icsZone.ts'

/** A time as the file writes it. */
export interface IcsTime {
  /** Milliseconds since 1970 of a clock that shows it, as if it were in UTC. */
  local: number
  isDate: boolean
  /** Null: none is named. That of a date tells which date other times are. */
  zone: IcsZone | null
}

/** How the times of a calendar are read. */
export interface TimeContext {
  zoneOf: (tzid: string) => IcsZone
  /** What times without a zone mean. */
  floating: IcsZone
  /** The file says so itself. */
  isNamed: boolean
}

export const day = 86_400_000

const pattern =
  /^(\d{4})-?(\d\d)-?(\d\d)(?:Z|[T ](\d\d):?(\d\d)(?::?(\d\d))?(?:[.,]\d+)?(Z|[+-]\d\d:?\d\d)?)?$/i

/** Reads a date or a time. What is written tells which it is: the parameter VALUE is often missing or wrong. */
export function parseTime(
  text: string,
  params: ReadonlyMap<string, string>,
  { zoneOf }: TimeContext,
): IcsTime {
  const found = pattern.exec(text.trim())
  if (found === null)
    throw new EventError(`${text === '' ? 'An empty text' : cutText(text, 100)} is not a time.`)
  const [, year, month, date, hour, minute, second, offset] = found
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(date))
  const whole = new Date(midnight)
  if (whole.getUTCMonth() !== Number(month) - 1 || Number(year) < 100)
    throw new EventError(`${text} is not a date of the calendar.`)
  const isDate = params.get('VALUE')?.toUpperCase() === 'DATE' && /T000000/i.test(text)
  if (hour === undefined || isDate) return { local: midnight, isDate: true, zone: null }
  // Leap seconds, which clocks of computers do not show, are the second before; 24:00 is the next midnight.
  const seconds = Math.min(Number(second ?? 0), 59)
  const local = midnight + ((Number(hour) * 60 + Number(minute)) * 60 + seconds) * 1000
  if (local - midnight > day || Number(minute) > 59) throw new EventError(`${text} is not a time of day.`)
  const tzid = params.get('TZID') ?? ''
  const zone = tzid === '' ? offsetZone(offset) : zoneOf(tzid)
  return { local, isDate: false, zone }
}

/** Z, +0100; a zone that is named as well counts more, as Google has it. */
function offsetZone(offset: string | undefined): IcsZone | null {
  if (offset === undefined) return null
  return /z/i.test(offset) ? utc : ianaZone(offset.replace(/(\d\d):?(\d\d)$/, '$1:$2'))
}

/** All the times of lines such as EXDATE; a line may list several. */
export function parseTimes(properties: readonly IcsProperty[], context: TimeContext): IcsTime[] {
  return properties.flatMap(({ value, params }) =>
    value
      .split(',')
      .filter((text) => text.trim() !== '')
      .map((text) => parseTime(text, params, context)),
  )
}

/** The moment of a time; a date begins at its midnight. */
export function instantOf({ local, zone }: IcsTime, { floating }: TimeContext): number {
  return (zone ?? floating).instantOf(local)
}

/**
 * The date that a time names in a list of dates: the one written if its clock shows midnight, as Exchange writes them,
 * else the one it is in the zone of the event.
 */
export function dateOf(time: IcsTime, zone: IcsZone): number {
  const isMidnight = time.local % day === 0
  const local =
    time.isDate || isMidnight ? time.local : zone.localOf((time.zone ?? zone).instantOf(time.local))
  return Math.floor(local / day) * day
}

/** A length: days by the calendar, the rest as elapsed time. */
export interface IcsDuration {
  days: number
  milliseconds: number
}

export function parseDuration(text: string): IcsDuration {
  const written = text.trim().toUpperCase()
  if (!/^\+?P(T?\d+[WDHMS])+$/.test(written))
    throw new EventError(`${text === '' ? 'An empty text' : text} is not a length of time.`)
  const count = (unit: string) => Number(new RegExp(`(\\d+)${unit}`).exec(written)?.[1] ?? 0)
  const seconds = (count('H') * 60 + count('M')) * 60 + count('S')
  return { days: count('W') * 7 + count('D'), milliseconds: seconds * 1000 }
}
