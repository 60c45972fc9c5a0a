import { isElsewhere, type CalendarItem } from './calendarItem.ts'
import type { ZonedDay } from '../grid/zonedDay.ts'

/** A range of time that a exclusion calendar leaves out. */
export interface ExcludedTime {
  calendar: string
  label: string | null
  start: number
  end: number
  /** Names of the shown schedules that use the calendar; only these do not run then. */
  usedBy?: readonly string[]
}

/** What of a day is excluded: all of it, or a part. */
export interface ExcludedPart {
  key: string
  /** What it is called: its label, or the calendar's name. */
  name: string
  calendar: string
  start: number
  end: number
  isWholeDay: boolean
  usedBy: readonly string[]
}

/** A schedule that uses calendars, as far as its occurrences need it. */
export interface CalendarUser {
  scheduleId: string
  name: string
  calendars: readonly string[]
  /** The most that its occurrences are spread, in milliseconds. */
  jitter: number
}

/** Cuts excluded times into days, whole days first; two of one name and place are one. */
export function excludedByDay(times: readonly ExcludedTime[], days: readonly ZonedDay[]): ExcludedPart[][] {
  return days.map((day) => {
    const parts = new Map<string, ExcludedPart>()
    for (const { calendar, label, start, end, usedBy = [] } of times) {
      if (start >= day.end || end <= day.start) continue
      const from = Math.max(start, day.start)
      const to = Math.min(end, day.end)
      const name = label ?? calendar
      const key = `${from} ${to} ${name}`
      const known = parts.get(key)
      const calendars = known === undefined ? calendar : `${known.calendar}, ${calendar}`
      const isWholeDay = from === day.start && to === day.end
      const users = [...new Set([...(known?.usedBy ?? []), ...usedBy])]
      parts.set(key, { key, name, calendar: calendars, start: from, end: to, isWholeDay, usedBy: users })
    }
    return [...parts.values()].sort(
      (a, b) => Number(b.isWholeDay) - Number(a.isWholeDay) || a.start - b.start || a.end - b.end,
    )
  })
}

/** For whom something is excluded: the first two by name. */
export function usersText(usedBy: readonly string[]): string {
  if (usedBy.length === 0) return ''
  const named = usedBy.slice(0, 2).join(', ')
  return usedBy.length > 2 ? `, for ${named} and ${usedBy.length - 2} more` : `, for ${named}`
}

/** Marks occurrences that calendars postpone; those that are only spread stay as they are. */
export function markPostponed(
  items: readonly CalendarItem[],
  using: readonly CalendarUser[],
): readonly CalendarItem[] {
  const schedules = new Map(using.map((each) => [each.scheduleId, each]))
  return items.map((item) => {
    if (item.kind !== 'occurrence' || item.reason !== null || !isElsewhere(item)) return item
    const jitter = schedules.get(item.scheduleId)?.jitter
    const later = item.startsAt - (item.scheduledFor ?? item.startsAt)
    return jitter === undefined || later <= jitter ? item : { ...item, reason: 'held' }
  })
}
