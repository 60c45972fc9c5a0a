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

/** The range of the pile that holds a time; null where there is none. */
export function pileAt(items: readonly CalendarItem[], at: number): TimeRange | null {
  return pilesRange(items.filter(({ startsAt, endsAt }) => startsAt <= at && at < (endsAt ?? startsAt)))
}

/**
 * What of an item that is not shown says in which pile it would be: of an occurrence its time, of a run its number. Null
 * where it is shown by itself, or there are no piles.
 */
export function soughtInPiles(
  items: readonly CalendarItem[],
  key: string,
): { readonly at: number } | { readonly runId: string } | null {
  if (findItem(items, key) !== null || !items.some(({ kind }) => kind === 'pile')) return null
  const [kind, , place = ''] = key.split(':')
  if (kind === 'run') return { runId: place }
  return kind === 'occurrence' ? { at: Number(place) } : null
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
