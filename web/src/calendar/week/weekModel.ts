import { isFailure, type RunState } from '../../runs/runState.ts'
import {
  itemKey,
  itemState,
  sumCounts,
  type CalendarItem,
  type OutcomeCounts,
} from '../items/calendarItem.ts'
import { layoutChips, withinDay, type ChipSizes, type Placeable, type Placed } from './chipLayout.ts'
import {
  ribbonLanes,
  ribbonSegments,
  type LaneOrder,
  type RibbonLane,
  type RibbonSegment,
} from '../items/ribbons.ts'
import { axisPlace, lackingStretches, timeAxis, type TimeAxis } from '../grid/timeAxis.ts'
import type { WallRange, ZonedDay } from '../grid/zonedDay.ts'

export interface WeekChip extends Placeable {
  item: CalendarItem
}

export interface WeekDay {
  day: ZonedDay
  blocks: readonly Placed<WeekChip>[]
  ribbons: readonly { lane: RibbonLane; segments: readonly RibbonSegment[] }[]
  lacking: readonly WallRange[]
  counts: OutcomeCounts
  missed: number
  /** Counts of all schedules together, by range of time, where there is too much to draw one by one. */
  density: readonly CalendarItem[]
}

export interface Week {
  axis: TimeAxis
  days: readonly WeekDay[]
  lanes: readonly RibbonLane[]
}

export interface WeekOptions {
  now: number
  sizes: ChipSizes
  /** What is different today, which may be wider. */
  todaySizes?: Partial<ChipSizes>
  maxLanes: number
  laneOrder: LaneOrder
}

/** Sorts items into the days that hold them; what began before the first day belongs to that. */
export function itemsByDay(items: readonly CalendarItem[], days: readonly ZonedDay[]): CalendarItem[][] {
  const sorted: CalendarItem[][] = days.map(() => [])
  for (const item of items) {
    if (item.kind === 'density') continue
    const place = Math.max(item.startsAt, days[0]?.start ?? 0)
    const index = days.findIndex((day) => place >= day.start && place < day.end)
    sorted[index]?.push(item)
  }
  return sorted
}

/** What is only counted because there is too much, if anything. */
export function densityCounts(items: readonly CalendarItem[]): OutcomeCounts | null {
  const own = items.filter((item) => item.kind === 'density')
  return own.length === 0 ? null : sumCounts(own)
}

/** What is only counted of each day. */
export function densityByDay(items: readonly CalendarItem[], days: readonly ZonedDay[]): CalendarItem[][] {
  const own = items.filter((item) => item.kind === 'density')
  return days.map((day) => own.filter(({ startsAt }) => startsAt >= day.start && startsAt < day.end))
}

/** How many of a day's items did not happen although they should have. */
export function missedCount(items: readonly CalendarItem[]): number {
  return items.filter((item) => itemState(item) === 'missed').reduce((sum, item) => sum + item.total, 0)
}

/** The places of a day that count as runs or coming runs; gaps are counted apart. */
export function dayCounts(items: readonly CalendarItem[]): OutcomeCounts {
  return sumCounts(items.filter((item) => item.kind !== 'omission'))
}

function lasted(item: CalendarItem, now: number): number {
  if (item.startedAt === null || item.status === 'retrying') return 0
  return Math.max(0, (item.finishedAt ?? now) - item.startsAt)
}

const noted: readonly RunState[] = ['failed', 'timed_out', 'missed', 'retrying', 'running', 'queued', 'moved']

/** Whether something keeps a chip of its own in a crowd. */
function standsOut(state: RunState): boolean {
  return noted.includes(state)
}

/** One day or more as the time grid draws them. */
export function weekModel(
  items: readonly CalendarItem[],
  days: readonly ZonedDay[],
  options: WeekOptions,
): Week {
  const axis = timeAxis(days)
  const lanes = ribbonLanes(
    items.filter((item) => item.kind === 'bucket'),
    options.maxLanes,
    options.laneOrder,
  )
  const byDay = itemsByDay(items, days)
  const left = densityByDay(items, days)
  return {
    axis,
    lanes,
    days: days.map((day, index) => {
      const own = byDay[index] ?? []
      const frequent = new Set(own.filter((item) => item.kind === 'bucket').map((item) => item.scheduleId))
      const isRibbon = (item: CalendarItem) =>
        item.kind === 'bucket' || (item.kind === 'omission' && frequent.has(item.scheduleId))
      const isToday = options.now >= day.start && options.now < day.end
      const sizes = isToday ? { ...options.sizes, ...options.todaySizes } : options.sizes
      const ribbonItems = own.filter(isRibbon)
      const chips = own
        .filter((item) => !isRibbon(item))
        .map((item): WeekChip => {
          const place = item.startsAt
          const from = Math.min(axisPlace(axis, day, place), axis.length - options.sizes.least)
          const to = axisPlace(axis, day, place + lasted(item, options.now))
          return {
            key: itemKey(item),
            item,
            from,
            to: Math.max(from, to),
            isFailure: isFailure(itemState(item)),
            standsOut: standsOut(itemState(item)),
          }
        })
      return {
        day,
        blocks: withinDay(layoutChips(chips, sizes), axis.length),
        ribbons: lanes.map((lane) => ({ lane, segments: ribbonSegments(lane, ribbonItems) })),
        lacking: lackingStretches(axis, day),
        counts: dayCounts([...own, ...(left[index] ?? [])]),
        missed: missedCount(own),
        density: left[index] ?? [],
      }
    }),
  }
}
