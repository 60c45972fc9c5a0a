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

/** "02:30", or "02:30:15" where seconds are wanted or not zero. */
export function formatClock(
  instant: Instant,
  zone: string,
  seconds: 'always' | 'if any' | 'never' = 'if any',
): string {
  const at = epoch(instant)
  const text = format(zone, 'clock', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(at)
  const short = seconds === 'never' || (seconds === 'if any' && text.endsWith(':00'))
  return short ? text.slice(0, 5) : text
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

/** Every zone that the browser knows, UTC first. */
export function timeZones(): readonly string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')]
}
