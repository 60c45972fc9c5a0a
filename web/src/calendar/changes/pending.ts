import { isUpcoming, itemKey, type CalendarItem } from '../items/calendarItem.ts'
import type { OccurrenceChange } from '../details/occurrenceOverride.ts'

/** A change that was sent: of one occurrence, or of a whole schedule. */
export type Change =
  | { of: 'occurrence'; key: string; change: OccurrenceChange }
  | { of: 'schedule'; scheduleId: string; status: 'active' | 'paused' }

/** A change that is shown before the database's answer holds it. */
export interface Pending {
  id: symbol
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

const scheduleOf = (change: Change) =>
  change.of === 'schedule' ? change.scheduleId : (change.key.split(':')[1] ?? '')

/** Whether a schedule was asked for again: what is not is kept as it is. */
function isAsked(
  scheduleId: string,
  items: readonly CalendarItem[],
  before: readonly CalendarItem[],
): boolean {
  const own = items.filter((item) => item.scheduleId === scheduleId)
  const was = before.filter((item) => item.scheduleId === scheduleId)
  return own.length === 0 || own.length !== was.length || own.some((item, index) => item !== was[index])
}

/**
 * What is still pending after an answer: not what it holds, nor what two answers since contradict. One that is of other
 * schedules says nothing.
 */
export function afterAnswer(
  pending: readonly Pending[],
  items: readonly CalendarItem[],
  before: readonly CalendarItem[],
): readonly Pending[] {
  const kept = pending
    .map((each) =>
      each.answers !== null && isAsked(scheduleOf(each.change), items, before)
        ? { ...each, answers: each.answers + 1 }
        : each,
    )
    .filter(({ answers, change }, index) => {
      if (answers === null || answers === pending[index]?.answers) return true
      return answers < 2 && !isShownBy(items, change)
    })
  return kept.length === pending.length && kept.every((each, index) => each === pending[index])
    ? pending
    : kept
}
