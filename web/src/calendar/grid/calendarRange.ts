import { nearestShown } from '../../time/shownDates.ts'
import { zonedDay, type ZonedDay } from './zonedDay.ts'

export const calendarViews = ['day', 'week', 'month', 'agenda', 'year', 'lanes'] as const

export type CalendarView = (typeof calendarViews)[number]

/** The days that a view shows around a date. */
export interface CalendarRange {
  view: CalendarView
  date: string
  days: readonly ZonedDay[]
  start: number
  end: number
}

/** The local date of an instant. */
export function localDate(instant: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone).toPlainDate().toString()
}

function firstOfWeek(date: Temporal.PlainDate, weekStart: number): Temporal.PlainDate {
  return date.subtract({ days: (date.dayOfWeek - weekStart + 7) % 7 })
}

function bounds(
  view: CalendarView,
  date: Temporal.PlainDate,
  weekStart: number,
): [Temporal.PlainDate, Temporal.PlainDate] {
  if (view === 'day' || view === 'lanes') return [date, date]
  if (view === 'year') return [date.with({ month: 1, day: 1 }), date.with({ month: 12, day: 31 })]
  const first = firstOfWeek(view === 'month' ? date.with({ day: 1 }) : date, weekStart)
  const last = firstOfWeek(view === 'month' ? date.with({ day: date.daysInMonth }) : date, weekStart)
  return [first, last.add({ days: 6 })]
}

/**
 * Weeks begin on the day that the viewer chose, 1 for Monday to 7; a month shows the weeks that it touches, an agenda those
 * around its day.
 */
export function calendarRange(
  view: CalendarView,
  date: string,
  timeZone: string,
  weekStart = 1,
): CalendarRange {
  const [first, last] = bounds(view, Temporal.PlainDate.from(date), weekStart)
  const count = first.until(last, { largestUnit: 'days' }).days + 1
  const days = Array.from({ length: count }, (_, index) =>
    zonedDay(first.add({ days: index }).toString(), timeZone),
  )
  return { view, date, days, start: days[0]?.start ?? 0, end: days.at(-1)?.end ?? 0 }
}

const step = {
  day: 'days',
  week: 'weeks',
  month: 'months',
  agenda: 'days',
  year: 'years',
  lanes: 'days',
} as const satisfies Record<CalendarView, string>

/** The date to show after going `steps` views on or back: no farther than dates can be shown. */
export function shiftDate(view: CalendarView, date: string, steps: number): string {
  const shifted = Temporal.PlainDate.from(date).add({ [step[view]]: steps })
  return nearestShown(shifted.toString())
}

/** The ISO week of a date; that of a whole week, whatever it begins with, is the one of its middle day. */
export function weekNumber(date: string): number {
  return Temporal.PlainDate.from(date).weekOfYear ?? 0
}
