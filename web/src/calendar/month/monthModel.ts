import { compareSeverity, isActive, isFailure, type RunState } from '../../runs/runState.ts'
import {
  itemKey,
  itemState,
  sumCounts,
  type CalendarItem,
  type OutcomeCounts,
} from '../items/calendarItem.ts'
import { excludedByDay, type ExcludedPart, type ExcludedTime } from '../items/excludedTimes.ts'
import { dayCounts, itemsByDay, densityByDay, missedCount } from '../week/weekModel.ts'
import type { ZonedDay } from '../grid/zonedDay.ts'

/** A frequent schedule in one cell: name, count, failures. */
export interface MonthLine {
  scheduleId: string
  name: string
  state: RunState
  counts: OutcomeCounts
  missed: number
  items: readonly CalendarItem[]
}

export interface MonthDay {
  day: ZonedDay
  isInMonth: boolean
  lines: readonly MonthLine[]
  /** Failures first, the rest by time. */
  entries: readonly CalendarItem[]
  counts: OutcomeCounts
  missed: number
  excluded: readonly ExcludedPart[]
  /** Counts of all schedules together, where there is too much to list. */
  density: readonly CalendarItem[]
  /** Counts of what is not in the entries, nor in the lines. */
  piles: readonly CalendarItem[]
}

/** What of a day fits its cell. */
export interface MonthCellContent {
  lines: readonly MonthLine[]
  entries: readonly CalendarItem[]
  hiddenItems: readonly CalendarItem[]
  hiddenCount: number
  /** Failures among the hidden: they are counted where the rest is. */
  hiddenFailed: number
}

function importance(item: CalendarItem): number {
  const state = itemState(item)
  if (isFailure(state)) return 0
  if (state === 'missed' || state === 'retrying') return 1
  return isActive(state) || state === 'skipped' || state === 'moved' ? 2 : 3
}

/** How much of what a row stands for failed, from 0 to 1. */
const failedShare = ({ failed, total }: OutcomeCounts) => (total === 0 ? 0 : failed / total)

/** A row of a cell that someone should look at: what failed, was missed or is tried again; null for any other. */
function urgencyOf(row: CalendarItem | MonthLine): { rank: number; share: number } | null {
  if ('items' in row) {
    const share = failedShare(row.counts)
    if (share > 0) return { rank: 0, share }
    return row.missed > 0 || row.state === 'retrying' ? { rank: 1, share } : null
  }
  const rank = importance(row)
  return rank <= 1 ? { rank, share: 1 } : null
}

function byFailureThenTime(a: CalendarItem, b: CalendarItem): number {
  const failureA = isFailure(itemState(a))
  const failureB = isFailure(itemState(b))
  if (failureA !== failureB) return failureA ? -1 : 1
  return a.startsAt - b.startsAt || a.scheduleName.localeCompare(b.scheduleName)
}

function monthLines(items: readonly CalendarItem[]): MonthLine[] {
  const schedules = new Map<string, CalendarItem[]>()
  for (const item of items) schedules.set(item.scheduleId, [...(schedules.get(item.scheduleId) ?? []), item])
  const lines = [...schedules].map(([scheduleId, own]): MonthLine => ({
    scheduleId,
    name: own[0]?.scheduleName ?? '',
    state: own.map(itemState).sort(compareSeverity)[0] ?? 'future',
    counts: sumCounts(own.filter((item) => item.kind === 'bucket')),
    missed: missedCount(own),
    items: own,
  }))
  return lines.sort(
    (a, b) =>
      failedShare(b.counts) - failedShare(a.counts) ||
      Number(b.missed > 0) - Number(a.missed > 0) ||
      b.counts.total - a.counts.total ||
      a.name.localeCompare(b.name),
  )
}

/** The cells of the weeks that a month touches. */
export function monthModel(
  items: readonly CalendarItem[],
  days: readonly ZonedDay[],
  month: string,
  excluded: readonly ExcludedTime[] = [],
): MonthDay[] {
  const byDay = itemsByDay(items, days)
  const left = densityByDay(items, days)
  const parts = excludedByDay(excluded, days)
  return days.map((day, index) => {
    const own = byDay[index] ?? []
    const frequent = new Set(own.filter((item) => item.kind === 'bucket').map((item) => item.scheduleId))
    return {
      day,
      isInMonth: day.date.startsWith(month),
      lines: monthLines(own.filter((item) => frequent.has(item.scheduleId))),
      entries: own.filter((item) => !frequent.has(item.scheduleId)).sort(byFailureThenTime),
      counts: dayCounts([...own, ...(left[index] ?? [])]),
      missed: missedCount(own),
      excluded: parts[index] ?? [],
      density: (left[index] ?? []).filter(({ kind }) => kind === 'density'),
      piles: (left[index] ?? []).filter(({ kind }) => kind === 'pile'),
    }
  })
}

/** Heights in pixels: what a cell has for its content, and what a line and an entry need. */
export interface MonthCellSizes {
  room: number
  line: number
  entry: number
}

/**
 * Chooses what a cell shows, next to the line for "more". Whatever someone should look at comes first, be it a single
 * occurrence or a frequent schedule. Of the rest, frequent schedules take a third at most, unless the rest is free. What is
 * kept takes the place of others where it would be hidden.
 */
export function monthCellContent(
  day: MonthDay,
  sizes: MonthCellSizes,
  isKept: (key: string) => boolean = () => false,
): MonthCellContent {
  const content = chosenContent(day, sizes, [])
  const folded = day.entries.filter((item) => !content.entries.includes(item) && isKept(itemKey(item)))
  return folded.length === 0 ? content : chosenContent(day, sizes, folded)
}

function chosenContent(
  { lines, entries, piles }: MonthDay,
  sizes: MonthCellSizes,
  first: readonly CalendarItem[],
): MonthCellContent {
  const heightOf = (row: CalendarItem | MonthLine) => ('items' in row ? sizes.line : sizes.entry)
  const chosen = new Set<CalendarItem | MonthLine>()
  let room = sizes.room - first.length * sizes.entry
  for (const item of first) chosen.add(item)
  const take = (row: CalendarItem | MonthLine) => {
    if (heightOf(row) > room || chosen.has(row)) return
    room -= heightOf(row)
    chosen.add(row)
  }
  const rows = [...entries, ...lines].map((row, index) => ({ row, index, urgency: urgencyOf(row) }))
  rows
    .flatMap(({ row, index, urgency }) => (urgency === null ? [] : [{ row, index, ...urgency }]))
    .sort((a, b) => a.rank - b.rank || b.share - a.share || a.index - b.index)
    .forEach(({ row }) => take(row))

  const quiet = rows.flatMap(({ row, urgency }) => (urgency === null ? [row] : []))
  const quietLines = quiet.filter((row): row is MonthLine => 'items' in row)
  const quietEntries = quiet.filter((row): row is CalendarItem => !('items' in row))
  const free = Math.floor((room - quietEntries.length * sizes.entry) / sizes.line)
  const third = Math.round(sizes.room / 3 / sizes.line) - lines.filter((line) => chosen.has(line)).length
  quietLines.slice(0, Math.max(0, free, third)).forEach(take)
  quietEntries
    .map((row, index) => ({ row, index }))
    .sort((a, b) => importance(a.row) - importance(b.row) || a.index - b.index)
    .forEach(({ row }) => take(row))

  const hiddenItems = [
    ...lines.filter((line) => !chosen.has(line)).flatMap((line) => line.items),
    ...entries.filter((item) => !chosen.has(item)),
    ...piles,
  ]
  const hidden = sumCounts(hiddenItems)
  return {
    lines: lines.filter((line) => chosen.has(line)),
    entries: entries.filter((item) => chosen.has(item)),
    hiddenItems,
    hiddenCount: hidden.total,
    hiddenFailed: hidden.failed,
  }
}
