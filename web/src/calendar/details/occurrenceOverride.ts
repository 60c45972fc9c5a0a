import { isElsewhere, isUpcoming, type CalendarItem } from '../items/calendarItem.ts'

/** What can be done to a single occurrence, and undone. */
export type OccurrenceChange = { do: 'skip' } | { do: 'move'; to: number } | { do: 'restore' }

/** Whether it is one upcoming occurrence that people can move or skip. */
export function canBeOverridden(item: CalendarItem): boolean {
  return isUpcoming(item) && item.scheduledFor !== null
}

/** Whether someone has moved or skipped it already. */
export function isOverridden(item: CalendarItem): boolean {
  return item.reason === 'moved' || (item.kind === 'omitted' && item.reason === 'skipped')
}

/** What brings an occurrence back to how it is now. */
export function undoOf(item: CalendarItem): OccurrenceChange {
  if (!isOverridden(item) && item.reason !== 'carried over') return { do: 'restore' }
  return item.kind === 'omitted' ? { do: 'skip' } : { do: 'move', to: item.startsAt }
}

/** Where a moved occurrence may go at first: an hour after it is due, or after now if that is past. */
export function firstMove(item: CalendarItem, now: number): number {
  const hour = 3_600_000
  const from = isElsewhere(item) || item.startsAt > now ? item.startsAt : now
  return Math.ceil((Math.max(from, now) + hour) / 60_000) * 60_000
}
