import { cronInWords } from '../schedules/rule.ts'
import { dayEndText } from '../time/clockHours.ts'
import { formatClock, formatDay, isoClock } from '../time/instant.ts'
import { intervalText, type Interval } from '../time/interval.ts'

/** An entry of a exclusion calendar. */
export interface Entry {
  readonly rowId: string
  readonly label: string | null
  readonly startsOn: string | null
  readonly endsOn: string | null
  readonly startsAt: string | null
  readonly endsAt: string | null
  readonly cronExpression: string | null
  readonly duration: Interval | null
  readonly source: string | null
  /** Of its dates or its window; null: the calendar's. */
  readonly timezone: string | null
}

export type EntryKind = 'dates' | 'range' | 'recurring'

/** The kinds of entries, in the order in which they are shown. */
const entryKinds: readonly { kind: EntryKind; title: string }[] = [
  { kind: 'recurring', title: 'Recurring windows' },
  { kind: 'dates', title: 'Dates' },
  { kind: 'range', title: 'Blackouts' },
]

function kindOf(entry: Entry): EntryKind {
  if (entry.startsOn !== null) return 'dates'
  return entry.startsAt !== null ? 'range' : 'recurring'
}

/** "Fri 25 Dec 2026": a date without a zone. */
function dateText(date: string): string {
  return formatDay(`${date}T12:00:00Z`, 'UTC', 0)
}

/** What an entry excludes, in words; instants as clocks in the zone show them. */
export function entryText(entry: Entry, zone: string): string {
  const { startsOn, endsOn, startsAt, endsAt, cronExpression, duration } = entry
  const own = entry.timezone === null ? '' : `, ${entry.timezone}`
  if (startsOn !== null)
    return endsOn === null || endsOn === startsOn
      ? `${dateText(startsOn)}${own}`
      : `${dateText(startsOn)} – ${dateText(endsOn)}${own}`
  if (startsAt !== null && endsAt !== null) {
    const moment = (at: string) => `${formatDay(at, zone, 0)} ${formatClock(at, zone)}`
    return `${moment(startsAt)} – ${moment(endsAt)}`
  }
  const rule = cronExpression ?? ''
  const length = intervalText(duration ?? {})
  const words = (length === '1 day' ? wholeDays(rule) : null) ?? `${cronInWords(rule) ?? rule}, for ${length}`
  return `${words}${own}`
}

/** "Every Saturday and Sunday", "Every 25 December": what cron says of whole days, where it says that plainly. */
function wholeDays(rule: string): string | null {
  const found = /^0 0 (\*|\d+) (\*|\d+) (\*|[A-Z]{3}(?:,[A-Z]{3})*)$/.exec(rule)
  if (found === null) return null
  const [, day = '', month = '', names = ''] = found
  if (day === '*' && month === '*' && names !== '*') {
    const words = cronInWords(rule)
    const listed = words === null ? null : /only on (.+)$/.exec(words)
    return listed === null ? null : `Every ${listed[1]}`
  }
  if (day === '*' || month === '*' || names !== '*') return null
  const date = Date.UTC(2000, Number(month) - 1, Number(day))
  return `Every ${new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', timeZone: 'UTC' }).format(date)}`
}

/** A range of time, as short as it can be said: "Sat 28 Nov", "Tue 24 Nov 13:00 – 19:00". */
export function rangeText(startsAt: string, endsAt: string, zone: string): string {
  const isMidnight = (at: string) => isoClock(at, zone) === '00:00'
  const lastDay = new Date(Date.parse(endsAt) - 1).toISOString()
  const first = formatDay(startsAt, zone)
  const last = formatDay(lastDay, zone)
  if (isMidnight(startsAt) && isMidnight(endsAt)) return first === last ? first : `${first} – ${last}`
  const end = isMidnight(endsAt) ? dayEndText() : formatClock(endsAt, zone)
  return `${first} ${formatClock(startsAt, zone)} – ${first === last ? end : `${last} ${end}`}`
}

function order(entry: Entry): string {
  return entry.startsOn ?? entry.startsAt ?? entry.cronExpression ?? ''
}

/** Entries of each kind that there is, dates and blackouts by time. */
export function entriesByKind(
  entries: readonly Entry[],
): { kind: EntryKind; title: string; entries: readonly Entry[] }[] {
  return entryKinds.flatMap(({ kind, title }) => {
    const own = entries.filter((entry) => kindOf(entry) === kind)
    if (own.length === 0) return []
    return [{ kind, title, entries: own.toSorted((a, b) => order(a).localeCompare(order(b))) }]
  })
}
