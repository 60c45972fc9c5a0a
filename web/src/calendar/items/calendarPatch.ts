import { dayStart } from '../grid/zonedDay.ts'
import type { CalendarItem } from './calendarItem.ts'

/** What the database says now of some schedules in a part of the window. */
export interface CalendarPatch {
  /** Null: all that there are. */
  readonly schedules: ReadonlySet<string> | null
  readonly start: number
  readonly end: number
  readonly items: readonly CalendarItem[]
}

function isWithin({ kind, startsAt, endsAt }: CalendarItem, start: number, end: number): boolean {
  if (startsAt >= end) return false
  // Counts end where the next begin; a gap has its last nominal time for its end.
  return kind === 'bucket' || kind === 'pile' ? (endsAt ?? startsAt) > start : (endsAt ?? startsAt) >= start
}

/** The window's items, with those of the patch in the place of what they were. */
export function patchItems(
  items: readonly CalendarItem[],
  { schedules, start, end, items: own }: CalendarPatch,
): CalendarItem[] {
  const others = items.filter(
    (item) => (schedules !== null && !schedules.has(item.scheduleId)) || !isWithin(item, start, end),
  )
  return [...others, ...own].sort((a, b) => a.startsAt - b.startsAt)
}

/** Whether its outcome is still open. */
function isOpen(item: CalendarItem, now: number): boolean {
  if (item.startsAt > now || item.kind === 'omission') return false
  return item.kind === 'omitted' || item.running > 0 || item.waiting > 0 || item.upcoming > 0
}

interface PartOptions {
  readonly items: readonly CalendarItem[]
  /** Null: all that there are. */
  readonly schedules: ReadonlySet<string> | null
  readonly start: number
  readonly end: number
  readonly timeZone: string
  readonly now: number
}

/**
 * The days of a window that runs of these schedules can change: today, and back to where the first of them is open. Days
 * that are over and quiet stay as they are, since what is final stays so, and days ahead have no runs. Null: none.
 */
export function livePart({ items, schedules, start, end, timeZone, now }: PartOptions): {
  start: number
  end: number
} | null {
  const open = items.filter(
    (item) => (schedules === null || schedules.has(item.scheduleId)) && isOpen(item, now),
  )
  const first = Math.min(now, ...open.map(({ startsAt }) => startsAt))
  const from = Math.max(start, dayStart(first, timeZone))
  const until = Math.min(end, dayStart(now, timeZone, 1))
  return from < until && (open.length > 0 || now < end) ? { start: from, end: until } : null
}

/** Whether a day has counts of each of these schedules, apart from others. */
export function areCountedApart(
  items: readonly CalendarItem[],
  schedules: ReadonlySet<string>,
  { start, end }: { start: number; end: number },
): boolean {
  if (end - start > 25 * 3_600_000) return false
  const counted = new Set(
    items
      .filter(({ kind, startsAt }) => kind === 'bucket' && startsAt >= start && startsAt < end)
      .map(({ scheduleId }) => scheduleId),
  )
  return [...schedules].every((id) => counted.has(id))
}
