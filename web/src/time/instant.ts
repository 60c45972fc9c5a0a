import { clockText } from './clockHours.ts'

/** A point in time: milliseconds since 1970, or text with an offset as the API gives it. */
export type Instant = number | string

function epoch(instant: Instant): number {
  return typeof instant === 'number' ? instant : Date.parse(instant)
}

const formats = new Map<string, Intl.DateTimeFormat>()

function format(zone: string, kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${kind} ${zone}`
  let found = formats.get(key)
  if (found === undefined) {
    found = new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options })
    formats.set(key, found)
  }
  return found
}

/** "Sat 28 Nov", with the year where it is not the one of `now`. */
export function formatDay(instant: Instant, zone: string, now?: number): string {
  const at = epoch(instant)
  const year = (time: number) => format(zone, 'year', { year: 'numeric' }).format(time)
  const day = format(zone, 'day', { weekday: 'short', day: 'numeric', month: 'short' })
    .format(at)
    .replace(',', '')
  return now === undefined || year(at) === year(now) ? day : `${day} ${year(at)}`
}

function wallClock(instant: Instant, zone: string): [number, number, number] {
  const text = format(zone, 'clock', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(epoch(instant))
  return [Number(text.slice(0, 2)), Number(text.slice(3, 5)), Number(text.slice(6, 8))]
}

type Seconds = 'always' | 'if any' | 'never'

/**
 * "02:30", or "02:30:15" where seconds are wanted or not zero; on the clock that the viewer chose. For places where the
 * offset is next to it.
 */
export function plainClock(instant: Instant, zone: string, seconds: Seconds = 'if any'): string {
  const [hour, minute, second] = wallClock(instant, zone)
  const short = seconds === 'never' || (seconds === 'if any' && second === 0)
  return short ? clockText(hour, minute) : clockText(hour, minute, second)
}

/** The same, with its offset where the clock shows this time twice: "02:30 +02". */
export function formatClock(instant: Instant, zone: string, seconds: Seconds = 'if any'): string {
  const clock = plainClock(instant, zone, seconds)
  return isShownTwice(epoch(instant), zone) ? `${clock} ${formatOffset(instant, zone)}` : clock
}

/** "02:30", or "02:30:15" where seconds are not zero, whatever clock is shown: for fields and for what is compared. */
export function isoClock(instant: Instant, zone: string): string {
  const [hour, minute, second] = wallClock(instant, zone).map((part) => String(part).padStart(2, '0'))
  return second === '00' ? `${hour}:${minute}` : `${hour}:${minute}:${second}`
}

/** "+01" or "+05:30": the offset that the zone has at that moment. */
export function formatOffset(instant: Instant, zone: string): string {
  const parts = format(zone, 'offset', { timeZoneName: 'longOffset' }).formatToParts(epoch(instant))
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const offset = name.replace('GMT', '').replace(/:00$/, '').replace('-', '\u2212')
  return offset === '' ? '+00' : offset
}

const hour = 3_600_000
const day = 24 * hour
const quietDays = new Map<string, boolean>()

/** The offset in milliseconds. */
function offsetOf(at: number, zone: string): number {
  const [sign = '+', hours = '0', minutes = '0', seconds = '0'] =
    /^([+\u2212])(\d+):?(\d+)?:?(\d+)?/.exec(formatOffset(at, zone))?.slice(1) ?? []
  const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
  return sign === '+' ? size : -size
}

/** Whether the offset is the same all day, and a while before and after. */
function isQuiet(at: number, zone: string): boolean {
  const number = Math.floor(at / day)
  const key = `${zone} ${number}`
  let quiet = quietDays.get(key)
  if (quiet === undefined) {
    if (quietDays.size > 5_000) quietDays.clear()
    quiet = offsetOf(number * day - 3 * hour, zone) === offsetOf((number + 1) * day + 3 * hour, zone)
    quietDays.set(key, quiet)
  }
  return quiet
}

/** Whether clocks of the zone show the time of this moment at another one as well, as when they are set back. */
function isShownTwice(at: number, zone: string): boolean {
  if (isQuiet(at, zone)) return false
  const own = offsetOf(at, zone)
  return [at - 3 * hour, at + 3 * hour].some((near) => {
    const other = offsetOf(near, zone)
    return other !== own && offsetOf(at + own - other, zone) === other
  })
}

/** Everything about the moment, for titles and spoken labels. */
export function formatFull(instant: Instant, zone: string): string {
  const at = epoch(instant)
  const date = format(zone, 'date', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' })
  return `${date.format(at).replace(',', '')} ${plainClock(at, zone, 'always')} ${formatOffset(at, zone)} ${zone}`
}

/** The calendar day in the zone as "2026-11-28": equal for moments of one day. */
export function dayKey(instant: Instant, zone: string): string {
  const parts = format(zone, 'key', { year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(
    epoch(instant),
  )
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? ''
  return `${part('year')}-${part('month')}-${part('day')}`
}

/** Names that Chrome lists only in an older form: Asia/Calcutta, Europe/Kiev. */
const renamed = [
  'America/Nuuk',
  'Asia/Ho_Chi_Minh',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Asia/Yangon',
  'Atlantic/Faroe',
  'Europe/Kyiv',
]

/** Every zone that the browser knows, UTC first. */
export function timeZones(): readonly string[] {
  const names = new Set([...Intl.supportedValuesOf('timeZone'), ...renamed])
  names.delete('UTC')
  return ['UTC', ...[...names].sort()]
}
