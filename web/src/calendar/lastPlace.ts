import { calendarViews, type CalendarView } from './grid/calendarRange.ts'
import type { CalendarSearch } from './calendarSearch.ts'

interface Place {
  readonly view: CalendarView
  /** Undefined: today. */
  readonly date: string | undefined
  readonly search: CalendarSearch
}

const key = 'almanac.calendar-view'
let left: Place | null = null

/** Keeps what of the calendar is shown: all of it for this tab, the view for the next one. */
export function keepPlace(place: Place, storage: Pick<Storage, 'setItem'> = localStorage): void {
  left = { ...place, search: { ...place.search, item: undefined } }
  storage.setItem(key, place.view)
}

/** What of the calendar was shown last, where another part of the client leads back to it. */
export function lastPlace(storage: Pick<Storage, 'getItem'> = localStorage): Place {
  const kept = storage.getItem(key)
  return left ?? { view: calendarViews.find((each) => each === kept) ?? 'week', date: undefined, search: {} }
}
