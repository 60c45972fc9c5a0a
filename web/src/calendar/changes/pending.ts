import { isUpcoming, itemKey, type CalendarItem } from '../items/calendarItem.ts'
import type { OccurrenceChange } from '../details/occurrenceOverride.ts'

/** A change that was sent: of one occurrence, or of a whole schedule. */
export type Change =
  | { of: 'occurrence'; key: string; change: OccurrenceChange }
  | { of: 'schedule'; scheduleId: string; status: 'active' | 'paused' }

/** A change that is shown before the database's answer holds it. */
export interface Pending {
  id: number
  change: Change
  /** Answers that came since the database said yes; null: it has not yet. */
  answers: number | null
}

function changed(item: CalendarItem, change: OccurrenceChange): CalendarItem {
  const nominal = item.scheduledFor ?? item.startsAt
  switch (change.do) {
    case 'move':
      return { ...item, kind: 'occurrence', startsAt: change.to, reason: 'moved', upcoming: 1, skipped: 0 }
    case 'skip':
      return { ...item, kind: 'omitted', startsAt: nominal, reason: 'skipped', upcoming: 0, skipped: 1 }
    case 'restore':
      return { ...item, kind: 'occurrence', startsAt: nominal, reason: null, upcoming: 1, skipped: 0 }
  }
}

function applied(item: CalendarItem, change: Change): CalendarItem {
  if (change.of === 'occurrence')
    return isUpcoming(item) && itemKey(item) === change.key ? changed(item, change.change) : item
  return item.scheduleId === change.scheduleId && item.kind !== 'run' && item.scheduleStatus !== change.status
    ? { ...item, scheduleStatus: change.status }
    : item
}

/** The calendar as it will be: what is moved out of the window is in it no longer. */
export function withPending(
  items: readonly CalendarItem[],
  pending: readonly Pending[],
  { start, end }: { start: number; end: number },
): readonly CalendarItem[] {
  if (pending.length === 0) return items
  return items
    .map((item) => pending.reduce((each, { change }) => applied(each, change), item))
    .filter((item, index) => item === items[index] || (item.startsAt >= start && item.startsAt < end))
}

/** Whether the items already are as the change wants them. */
function isShownBy(items: readonly CalendarItem[], change: Change): boolean {
  return items.every((item) => {
    const next = applied(item, change)
    return (
      next.kind === item.kind &&
      next.startsAt === item.startsAt &&
      next.reason === item.reason &&
      next.scheduleStatus === item.scheduleStatus
    )
  })
}

/** What is still pending after an answer: not what it holds, nor what two answers since contradict. */
export function afterAnswer(pending: readonly Pending[], items: readonly CalendarItem[]): readonly Pending[] {
  const kept = pending
    .map((each) => (each.answers === null ? each : { ...each, answers: each.answers + 1 }))
    .filter(({ answers, change }) => answers === null || (answers < 2 && !isShownBy(items, change)))
  return kept.length === pending.length && kept.every((each, index) => each === pending[index])
    ? pending
    : kept
}
