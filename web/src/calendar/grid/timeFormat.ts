import { clockText } from '../../time/clockHours.ts'
import { formatDay } from '../../time/instant.ts'
import { wallTime, type ZonedDay } from './zonedDay.ts'

const formats = new Map<string, Intl.DateTimeFormat>()

function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  let known = formats.get(name)
  if (known === undefined) {
    known = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options })
    formats.set(name, known)
  }
  return known
}

function shortOffset(offset: string): string {
  return offset.replace(/:00$/, '').replace('-', '\u2212')
}

/** The time of an instant on a day; with its offset where the clock shows it twice. */
export function timeOnDay(day: ZonedDay, instant: number): string {
  const { wall, offset } = wallTime(day, instant)
  const time = clockText(Math.floor(wall / 60), Math.floor(wall % 60))
  const isTwice = day.repeated.some(({ from, to }) => wall >= from && wall < to)
  return isTwice ? `${time} ${shortOffset(offset)}` : time
}

/** When something begins that a day shows; with its date where it began before that day. */
export function startOnDay(day: ZonedDay, instant: number, timeZone: string): string {
  return instant < day.start ? `from ${formatDay(instant, timeZone)}` : timeOnDay(day, instant)
}

const dateStyles = {
  name: { weekday: 'long' },
  weekday: { weekday: 'short', day: 'numeric' },
  short: { weekday: 'short', day: 'numeric', month: 'short' },
  'day and month': { day: 'numeric', month: 'short' },
  full: { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
  month: { month: 'long', year: 'numeric' },
  'short month': { month: 'short', year: 'numeric' },
} satisfies Record<string, Intl.DateTimeFormatOptions>

const midnight = (date: string) => Date.parse(`${date}T00:00Z`)

/** A local date in words. */
export function dateText(date: string, style: keyof typeof dateStyles): string {
  return format(style, dateStyles[style]).format(midnight(date)).replace(',', '')
}

const rangeStyles = {
  dates: { day: 'numeric', month: 'long', year: 'numeric' },
  months: { month: 'short' },
  'months and year': { month: 'short', year: 'numeric' },
} satisfies Record<string, Intl.DateTimeFormatOptions>

/** The title of a range of dates: 23–29 November 2026; or its months alone: Nov – Dec. */
export function rangeText(first: string, last: string, style: keyof typeof rangeStyles = 'dates'): string {
  return format(`range ${style}`, rangeStyles[style])
    .formatRange(midnight(first), midnight(last))
    .replace(/^(\d+)\s–\s(\d+)/, '$1–$2')
}

/** The last part of a zone's name: Paris. */
export function zoneCity(timeZone: string): string {
  return (timeZone.split('/').at(-1) ?? timeZone).replaceAll('_', ' ')
}

const counts = new Intl.NumberFormat('en-GB')

/** 1,440 */
export function countText(count: number): string {
  return count < 1_000 ? String(count) : counts.format(count)
}
