import { itemKey, type CalendarItem } from '../items/calendarItem.ts'
import type { UsualDurations } from '../items/usualDurations.ts'
import { loadOf, type Load, type LoadWindow } from '../lanes/load.ts'

const minute = 60_000
const hour = 60 * minute
const part = 5 * minute

/** What runs around a new place, with an occurrence at it and without. */
export interface LoadAround {
  window: LoadWindow
  before: Load
  after: Load
  /** From when to when it runs there, by its usual duration; null where that is not known. */
  own: { from: number; to: number } | null
  /** Where most is in progress while it runs, or at its time: when, and how much with it and without. */
  peak: { at: number; with: number; without: number }
  /** Which others are in progress while it runs, each once. */
  others: readonly string[]
}

/** The hours around a time that are looked at. */
export function aroundOf(to: number, now: number): LoadWindow {
  const start = Math.floor(to / hour) * hour - 3 * hour
  const end = start + 7 * hour
  return { start, end, now, parts: (end - start) / part }
}

function isInProgress(
  item: CalendarItem,
  usual: UsualDurations,
  { from, to }: { from: number; to: number },
): boolean {
  if (item.kind === 'bucket') return item.upcoming > 0 && item.startsAt < to && (item.endsAt ?? 0) > from
  const lasts = usual.get(item.scheduleId)?.p50 ?? 0
  const begin = item.startedAt ?? item.startsAt
  const isOne = item.kind === 'occurrence' || (item.kind === 'run' && item.finishedAt === null)
  return isOne && begin < to && Math.max(begin + lasts, begin + minute) > from
}

/** What runs around the new place of an occurrence. */
export function loadAround(
  items: readonly CalendarItem[],
  item: CalendarItem,
  to: number,
  usual: UsualDurations,
  window: LoadWindow,
): LoadAround {
  const key = itemKey(item)
  const active = items.filter((each) => itemKey(each) !== key && each.scheduleStatus !== 'paused')
  // One of a paused schedule is asked about as if it ran.
  const held: CalendarItem = { ...item, kind: 'occurrence', scheduleStatus: 'active' }
  const before = loadOf([...active, held], usual, window)
  const after = loadOf([...active, { ...held, startsAt: to }], usual, window)
  const without = loadOf(active, usual, window).usual
  const known = usual.get(item.scheduleId)
  const span = { from: to, to: to + Math.max(minute, known?.p50 ?? 0) }
  const first = Math.floor((span.from - window.start) / part)
  const last = Math.min(window.parts - 1, Math.ceil((span.to - window.start) / part) - 1)
  let highest = first
  for (let index = first; index <= last; index += 1)
    if ((after.usual[index] ?? 0) > (after.usual[highest] ?? 0)) highest = index
  return {
    window,
    before,
    after,
    own: known === undefined ? null : { from: span.from, to: span.to },
    peak: {
      at: Math.max(to, window.start + highest * part),
      with: after.usual[highest] ?? 0,
      without: without[highest] ?? 0,
    },
    others: [
      ...new Set(
        active.filter((each) => isInProgress(each, usual, span)).map(({ scheduleName }) => scheduleName),
      ),
    ],
  }
}
