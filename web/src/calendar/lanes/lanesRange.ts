import { localDate, type CalendarRange } from '../grid/calendarRange.ts'
import { zonedDay } from '../grid/zonedDay.ts'

export const laneSpans = ['6h', '24h', '3d', '7d'] as const

export type LaneSpan = (typeof laneSpans)[number]

const hour = 3_600_000
const hours: Record<LaneSpan, number> = { '6h': 6, '24h': 24, '3d': 72, '7d': 168 }

/** How fine frequent schedules come in a span, in minutes: about a hundred parts of it. */
export const laneBucket: Record<LaneSpan, number> = { '6h': 5, '24h': 15, '3d': 60, '7d': 120 }

/**
 * What lanes show around a date: of today the hours around now, which is at a third of them; of another day all of
 * it, or as many days from it on.
 */
export function lanesRange(date: string, span: LaneSpan, now: number, timeZone: string): CalendarRange {
  const length = hours[span] * hour
  const isToday = localDate(now, timeZone) === date
  const start = isToday ? Math.floor((now - length / 3) / hour) * hour : zonedDay(date, timeZone).start
  const plain = Temporal.PlainDate.from(localDate(start, timeZone))
  const end = isToday || span === '6h' ? start + length : endOf(plain, span, timeZone)
  const days = []
  for (let day = zonedDay(plain.toString(), timeZone); day.start < end;) {
    days.push(day)
    day = zonedDay(localDate(day.end, timeZone), timeZone)
  }
  return { view: 'lanes', date, days, start, end }
}

/** Whole days, whatever their clocks do. */
function endOf(first: Temporal.PlainDate, span: LaneSpan, timeZone: string): number {
  const days = hours[span] / 24
  return zonedDay(first.add({ days: days - 1 }).toString(), timeZone).end
}
