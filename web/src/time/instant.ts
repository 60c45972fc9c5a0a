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

/** "02:30", or "02:30:15" where seconds are wanted or not zero; on the clock that the viewer chose. */
export function formatClock(
  instant: Instant,
  zone: string,
  seconds: 'always' | 'if any' | 'never' = 'if any',
): string {
  const [hour, minute, second] = wallClock(instant, zone)
  const short = seconds === 'never' || (seconds === 'if any' && second === 0)
  return short ? clockText(hour, minute) : clockText(hour, minute, second)
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

/** Everything about the moment, for titles and spoken labels. */
export function formatFull(instant: Instant, zone: string): string {
  const at = epoch(instant)
  const date = format(zone, 'date', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' })
  return `${date.format(at).replace(',', '')} ${formatClock(at, zone, 'always')} ${formatOffset(at, zone)} ${zone}`
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
