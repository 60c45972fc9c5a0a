import { framedParams } from '../address/framedParams.ts'
import { checked, flag, oneOf, readSearch, rowId, text, type SearchOf } from '../address/params.ts'
import { isItemKey } from './items/calendarItem.ts'
import { laneSpans } from './lanes/lanesRange.ts'
import { shownStates } from './filter/shownState.ts'

/** What of the calendar is in the address next to view and date. */
export const calendarParams = {
  ...framedParams,
  /** Text that the names of shown schedules contain. */
  q: text(undefined, 'a text', 'showing all names'),
  tag: text(undefined, 'a tag', 'showing all tags'),
  task: text(undefined, 'a task', 'showing all tasks'),
  /** Who created it. */
  by: text(undefined, 'a creator', 'showing those of everyone'),
  /** What happened to it, or will. */
  status: oneOf(shownStates, undefined, 'a status', 'showing all'),
  /** The one schedule to show. */
  schedule: rowId(undefined, 'a schedule', 'showing all schedules'),
  /** How much time lanes show. */
  span: oneOf(laneSpans, undefined, 'a span of time', 'showing 24 hours'),
  /** Whether Almanac's own schedules are shown. */
  system: flag(undefined, 'hiding system schedules'),
  /** The key of the item that is open. */
  item: checked(isItemKey, undefined, 'an item of the calendar', 'nothing is open'),
}

export type CalendarSearch = {
  [Name in keyof typeof calendarParams]?: SearchOf<typeof calendarParams>[Name] | undefined
}

/** What of another address holds for the calendar. */
export function ofCalendar(search: object): CalendarSearch {
  return readSearch(calendarParams, { ...search }).search
}
