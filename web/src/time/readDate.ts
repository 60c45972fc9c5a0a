const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
/** No object, which would also know "constructor". */
const words = new Map([
  ['yesterday', -1],
  ['today', 0],
  ['now', 0],
  ['tomorrow', 1],
])

function dateOf(year: number, month: number, day: number): string | null {
  try {
    return Temporal.PlainDate.from({ year, month, day }, { overflow: 'reject' }).toString()
  } catch {
    return null
  }
}

/**
 * The date that someone typed: 2026-12-24, 24.12., 24 Dec 2026, Dec 24, Fri for the next one, tomorrow, +7. Without a year
 * it is the nearest one from today on, or that many days before. Null where it is not a date.
 */
export function readDate(typed: string, today: string): string | null {
  const text = typed.trim().toLowerCase()
  const now = Temporal.PlainDate.from(today)
  const later = (days: number) => now.add({ days }).toString()
  const word = words.get(text)
  if (word !== undefined) return later(word)
  if (/^[+\u2212-]\d{1,4}$/.test(text)) return later(Number(text.replace('\u2212', '-')))
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text)
  if (iso !== null) return dateOf(Number(iso[1]), Number(iso[2]), Number(iso[3]))
  const weekday = text.length < 3 ? -1 : weekdays.findIndex((name) => name.startsWith(text))
  if (weekday >= 0) {
    const days = (weekday + 1 - now.dayOfWeek + 7) % 7
    return later(days === 0 ? 7 : days)
  }
  const parts =
    /^(?<day>\d{1,2})[. /]+(?<month>\d{1,2}|[a-z]{3,9})[. /]*(?<year>\d{4})?$/.exec(text)?.groups ??
    /^(?<month>[a-z]{3,9}) (?<day>\d{1,2})(?:,? (?<year>\d{4}))?$/.exec(text)?.groups
  if (parts?.['day'] === undefined || parts['month'] === undefined) return null
  const named = months.indexOf(parts['month'].slice(0, 3)) + 1
  const month = named > 0 ? named : Number(parts['month'])
  const day = Number(parts['day'])
  if (parts['year'] !== undefined) return dateOf(Number(parts['year']), month, day)
  const own = dateOf(now.year, month, day)
  const isLongAgo = own !== null && Temporal.PlainDate.from(own).until(now).total('days') > 180
  return isLongAgo ? dateOf(now.year + 1, month, day) : own
}
