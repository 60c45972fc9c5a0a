import { quoted } from '../address/params.ts'
import { isDate, isShownDate, shownYears } from '../time/shownDates.ts'
import { calendarViews, type CalendarView } from './grid/calendarRange.ts'

/** What a path of the calendar says. */
interface CalendarPlace {
  readonly view: CalendarView
  /** Undefined: today. */
  readonly date: string | undefined
  /** What was wrong, a sentence each. */
  readonly faults: readonly string[]
}

const current: Record<CalendarView, string> = {
  day: 'today',
  week: 'this week',
  month: 'this month',
  agenda: 'today',
  year: 'this year',
  lanes: 'today',
}

/** Reads view and date of a path; what they cannot be is left out, and told. */
export function calendarPlace(askedView: string, askedDate: string | undefined): CalendarPlace {
  const known = calendarViews.find((each) => each === askedView)
  const view = known ?? 'week'
  const faults =
    known === undefined
      ? [`${quoted(askedView)} is not a view (${calendarViews.join(', ')}); showing the week.`]
      : []
  if (askedDate === undefined || askedDate === '' || isShownDate(askedDate))
    return { view, date: askedDate || undefined, faults }
  const fault = isDate(askedDate)
    ? `${quoted(askedDate)} is too far away; showing ${current[view]}. ${shownYears}`
    : `${quoted(askedDate)} is not a date; showing ${current[view]}.`
  return { view, date: undefined, faults: [...faults, fault] }
}
