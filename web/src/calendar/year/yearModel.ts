import type { ZonedDay } from '../grid/zonedDay.ts'
import { sumCounts, type CalendarItem, type OutcomeCounts } from '../items/calendarItem.ts'

/** A day of the year: what it is told by, and how much of that there is, from 0 to 4. */
export interface YearDay {
  day: ZonedDay
  counts: OutcomeCounts
  kind: 'none' | 'failed' | 'skipped' | 'succeeded' | 'future'
  level: number
}

interface YearMonth {
  /** As 2026-11. */
  month: string
  /** Days of the week before its first. */
  lead: number
  days: readonly YearDay[]
}

const highest = 4

/** How busy a day is next to the busiest; in steps of its order, as days differ by thousands. */
export function loadLevel(count: number, most: number): number {
  if (count === 0) return 0
  return Math.max(1, Math.round((Math.log(count + 1) / Math.log(most + 1)) * highest))
}

function kindOf(counts: OutcomeCounts): YearDay['kind'] {
  if (counts.total === 0) return 'none'
  if (counts.failed > 0) return 'failed'
  if (counts.succeeded + counts.running + counts.waiting > 0) return 'succeeded'
  return counts.upcoming > 0 ? 'future' : 'skipped'
}

/**
 * The day that begins nearest to a time. Databases and browsers have tables of time zones of their own: where these
 * differ, a day of the database begins an hour before or after the browser's, and counts for that all the same.
 */
function nearestDay(days: readonly ZonedDay[], at: number): ZonedDay | undefined {
  const index = Math.round((at - (days[0]?.start ?? 0)) / 86_400_000)
  return [days[index - 1], days[index], days[index + 1]]
    .filter((day) => day !== undefined)
    .toSorted((a, b) => Math.abs(a.start - at) - Math.abs(b.start - at))[0]
}

/** The year's days by month; a day that has begun counts as what happened, a later one as what is upcoming. */
export function yearModel(
  items: readonly CalendarItem[],
  days: readonly ZonedDay[],
  now: number,
  weekStart = 1,
): readonly YearMonth[] {
  const byDay = new Map<ZonedDay, CalendarItem[]>()
  for (const item of items) {
    const day = nearestDay(days, item.startsAt)
    if (day !== undefined) byDay.set(day, [...(byDay.get(day) ?? []), item])
  }
  const counted = days.map((day) => ({ day, counts: sumCounts(byDay.get(day) ?? []) }))
  const most = Math.max(1, ...counted.map(({ counts }) => counts.total))
  const mostFailed = Math.max(1, ...counted.map(({ counts }) => counts.failed))
  const months = new Map<string, YearDay[]>()
  for (const { day, counts } of counted) {
    const kind = day.start > now && counts.total > 0 && counts.failed === 0 ? 'future' : kindOf(counts)
    const level = kind === 'failed' ? loadLevel(counts.failed, mostFailed) : loadLevel(counts.total, most)
    const place: YearDay = { day, counts, kind, level }
    const month = day.date.slice(0, 7)
    months.set(month, [...(months.get(month) ?? []), place])
  }
  return [...months].map(([month, own]) => ({
    month,
    lead: (Temporal.PlainDate.from(`${month}-01`).dayOfWeek - weekStart + 7) % 7,
    days: own,
  }))
}
