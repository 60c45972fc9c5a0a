import { compareSeverity, isActive, isFailure, type RunState } from '../../runs/runState.ts'
import { itemState, sumCounts, type CalendarItem, type OutcomeCounts } from '../items/calendarItem.ts'
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
}

/** What of a day fits its cell. */
export interface MonthCellContent {
  lines: readonly MonthLine[]
  entries: readonly CalendarItem[]
  hiddenItems: readonly CalendarItem[]
  hiddenCount: number
}

function importance(item: CalendarItem): number {
  const state = itemState(item)
  if (isFailure(state)) return 0
  if (state === 'missed' || state === 'retrying') return 1
  return isActive(state) || state === 'skipped' || state === 'moved' ? 2 : 3
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
      Number(b.counts.failed > 0) - Number(a.counts.failed > 0) ||
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
      density: left[index] ?? [],
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
 * Chooses what a cell shows, next to the line for "more". Frequent schedules take a third of it at most, unless the
 * rest is free; exceptions win over what went well.
 */
export function monthCellContent({ lines, entries }: MonthDay, sizes: MonthCellSizes): MonthCellContent {
  const { room, line, entry } = sizes
  const free = Math.floor((room - entries.length * entry) / line)
  const lineRows = Math.min(lines.length, Math.max(free, Math.round(room / 3 / line)))
  const entryRows = Math.max(0, Math.floor((room - lineRows * line) / entry))
  const chosen = new Set(
    [...entries]
      .map((item, index) => ({ item, index }))
      .sort((a, b) => importance(a.item) - importance(b.item) || a.index - b.index)
      .slice(0, entryRows)
      .map(({ item }) => item),
  )
  const hiddenItems = [
    ...lines.slice(lineRows).flatMap((line) => line.items),
    ...entries.filter((item) => !chosen.has(item)),
  ]
  return {
    lines: lines.slice(0, lineRows),
    entries: entries.filter((item) => chosen.has(item)),
    hiddenItems,
    hiddenCount: hiddenItems.reduce((sum, item) => sum + item.total, 0),
  }
}
