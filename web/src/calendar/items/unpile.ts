import { dayStart } from '../grid/zonedDay.ts'
import { findItem, itemKey, type CalendarItem } from './calendarItem.ts'

export interface TimeRange {
  readonly start: number
  readonly end: number
}

/** The range of time of the piles among some items; null where there are none. */
export function pilesRange(items: readonly CalendarItem[]): TimeRange | null {
  const piles = items.filter(({ kind }) => kind === 'pile')
  if (piles.length === 0) return null
  return {
    start: Math.min(...piles.map(({ startsAt }) => startsAt)),
    end: Math.max(...piles.map(({ endsAt, startsAt }) => endsAt ?? startsAt)),
  }
}

/** The range of the pile that an item would be in; null where it is shown by itself, or there is no such pile. */
export function pileOfItem(items: readonly CalendarItem[], key: string): TimeRange | null {
  if (findItem(items, key) !== null) return null
  const [kind, , place] = key.split(':')
  const at = kind === 'occurrence' ? Number(place) : NaN
  return pilesRange(items.filter(({ startsAt, endsAt }) => startsAt <= at && at < (endsAt ?? startsAt)))
}

/** Whether there is a pile in a range of time. */
export function hasPileIn(items: readonly CalendarItem[], { start, end }: TimeRange): boolean {
  return items.some(({ kind, startsAt }) => kind === 'pile' && startsAt >= start && startsAt < end)
}

/**
 * The items with what piles of a range hold in their place. What has a place of its own anyway, or is counted with its
 * schedule's others of the day, is not of them.
 */
export function unpile(
  items: readonly CalendarItem[],
  inside: readonly CalendarItem[],
  { start, end }: TimeRange,
  timeZone: string,
): { items: CalendarItem[]; unpiled: ReadonlySet<string> } {
  const isOpened = ({ kind, startsAt }: CalendarItem) =>
    kind === 'pile' && startsAt >= start && startsAt < end
  const kept = items.filter((item) => !isOpened(item))
  const known = new Set(kept.map(itemKey))
  const from = dayStart(start, timeZone)
  const until = dayStart(start, timeZone, 1)
  const frequent = new Set(
    kept
      .filter(({ kind, startsAt }) => kind === 'bucket' && startsAt >= from && startsAt < until)
      .map(({ scheduleId }) => scheduleId),
  )
  const own = inside.filter((item) => !known.has(itemKey(item)) && !frequent.has(item.scheduleId))
  return {
    items: [...kept, ...own].sort((a, b) => a.startsAt - b.startsAt),
    unpiled: new Set(own.map(itemKey)),
  }
}
