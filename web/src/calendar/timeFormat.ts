import { wallTime, type ZonedDay } from './zonedDay.ts'

const locale = 'en-GB'
const formats = new Map<string, Intl.DateTimeFormat>()

function format(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${timeZone} ${JSON.stringify(options)}`
  let known = formats.get(key)
  if (known === undefined) {
    known = new Intl.DateTimeFormat(locale, { timeZone, hourCycle: 'h23', ...options })
    formats.set(key, known)
  }
  return known
}

const twoDigits = (value: number) => String(Math.floor(value)).padStart(2, '0')

/** 14:37 */
export function clockTime(instant: number, timeZone: string): string {
  return format(timeZone, { hour: '2-digit', minute: '2-digit' }).format(instant)
}

/** 14:37:08 */
export function clockSeconds(instant: number, timeZone: string): string {
  return format(timeZone, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(instant)
}

/** The time of an instant on a day that is already known; with its offset where the clock shows it twice. */
export function timeOnDay(day: ZonedDay, instant: number): string {
  const { wall, offset } = wallTime(day, instant)
  const time = `${twoDigits(wall / 60)}:${twoDigits(wall % 60)}`
  const isTwice = day.repeated.some(({ from, to }) => wall >= from && wall < to)
  return isTwice ? `${time} ${shortOffset(offset)}` : time
}

function shortOffset(offset: string): string {
  return offset.replace(/:00$/, '')
}

/** The offset of a zone at an instant: +01, +05:30. */
export function zoneOffset(instant: number, timeZone: string): string {
  return shortOffset(Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone).offset)
}

/** The last part of a zone's name: Paris. */
export function zoneCity(timeZone: string): string {
  return (timeZone.split('/').at(-1) ?? timeZone).replaceAll('_', ' ')
}

type DateStyle = 'weekday' | 'short' | 'day-month' | 'full' | 'month'

const dateStyles: Record<DateStyle, Intl.DateTimeFormatOptions> = {
  weekday: { weekday: 'short', day: 'numeric' },
  short: { weekday: 'short', day: 'numeric', month: 'short' },
  'day-month': { day: 'numeric', month: 'short' },
  full: { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
  month: { month: 'long', year: 'numeric' },
}

/** A local date in words. */
export function dateText(date: string, style: DateStyle): string {
  return format('UTC', dateStyles[style]).format(Date.parse(`${date}T00:00Z`))
}

/** The title of a range of dates: 23–29 November 2026. */
export function rangeText(first: string, last: string): string {
  return format('UTC', { day: 'numeric', month: 'long', year: 'numeric' }).formatRange(
    Date.parse(`${first}T00:00Z`),
    Date.parse(`${last}T00:00Z`),
  )
}

/** Wed 25 Nov 2026, 14:37:08 */
export function momentText(instant: number, timeZone: string): string {
  return format(timeZone, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).format(instant)
}

/** How long something took or has been going on: 0:41, 1:07:08, 2 d 4 h. */
export function elapsedText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  if (hours >= 24) return `${Math.floor(hours / 24)} d ${hours % 24} h`
  if (hours > 0) return `${hours}:${twoDigits(minutes % 60)}:${twoDigits(seconds % 60)}`
  if (seconds === 0 && milliseconds > 0) return `${Math.round(milliseconds)} ms`
  return `${minutes}:${twoDigits(seconds % 60)}`
}

/** How long until something: below an hour to the second, above to the minute. */
export function countdownText(milliseconds: number): string {
  if (milliseconds <= 0) return 'now'
  const minutes = Math.floor(milliseconds / 60_000)
  if (minutes < 60) return `in ${minutes}:${twoDigits((milliseconds / 1000) % 60)}`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `in ${hours} h ${twoDigits(minutes % 60)}`
  return `in ${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** 1,440 */
export function countText(count: number): string {
  return count.toLocaleString(locale)
}
