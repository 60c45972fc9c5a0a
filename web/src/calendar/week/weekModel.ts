import { isFailure, type RunState } from '../../runs/runState.ts'
import {
  isCounted,
  isElsewhere,
  isOfAll,
  itemKey,
  itemState,
  sumCounts,
  type CalendarItem,
  type OutcomeCounts,
} from '../items/calendarItem.ts'
import type { UsualDurations } from '../items/usualDurations.ts'
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

/** How long something ran or will run, on the scale of its day. */
export interface Tail {
  key: string
  item: CalendarItem
  from: number
  to: number
  /** Where it ends if it takes as long as 95 % of its runs. */
  high: number
  /** When it was due, where it began later. */
  due: number
}

/** Where something would be if no one had moved it. */
interface Ghost {
  key: string
  item: CalendarItem
  at: number
}

export interface WeekDay {
  day: ZonedDay
  blocks: readonly Placed<WeekChip>[]
  ribbons: readonly { lane: RibbonLane; segments: readonly RibbonSegment[] }[]
  /** What lasts long enough to be seen. */
  tails: readonly Tail[]
  ghosts: readonly Ghost[]
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
  /** How long runs usually take. */
  usual?: UsualDurations
  /** Whether chips are as high as they last, or all alike, next to tails that are. */
  hasTails?: boolean
  /** The item that is open; no pile has it. */
  openedKey?: string | undefined
  /** The item that has the focus; no pile has it either. */
  keptKey?: string | null
}

/** Sorts items into the days that hold them; what began before the first day belongs to that. */
export function itemsByDay(items: readonly CalendarItem[], days: readonly ZonedDay[]): CalendarItem[][] {
  const sorted: CalendarItem[][] = days.map(() => [])
  for (const item of items) {
    if (isOfAll(item)) continue
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

/** What is only counted of each day, all schedules together. */
export function densityByDay(items: readonly CalendarItem[], days: readonly ZonedDay[]): CalendarItem[][] {
  const own = items.filter(isOfAll)
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

const nothing: UsualDurations = new Map()
/** What is shorter has no tail, in minutes. */
const leastTail = 8

/** How long it lasted, or usually does, from when it was due. */
function lasted(item: CalendarItem, now: number, usual: UsualDurations): number {
  if (item.kind === 'occurrence') return usual.get(item.scheduleId)?.p50 ?? 0
  if (item.startedAt === null || item.status === 'retrying') return 0
  return Math.max(0, (item.finishedAt ?? now) - item.startsAt)
}

/** How long it lasts if it takes as long as 95 % of its runs; of one that is over, as long as it took. */
function lastsAtMost(item: CalendarItem, now: number, usual: UsualDurations): number {
  const isRunning = item.status === 'running' && item.startedAt !== null
  const high = item.kind === 'occurrence' || isRunning ? (usual.get(item.scheduleId)?.p95 ?? 0) : 0
  const delay = isRunning ? (item.startedAt ?? item.startsAt) - item.startsAt : 0
  return Math.max(lasted(item, now, usual), high === 0 ? 0 : high + delay)
}

const noted: readonly RunState[] = [
  'failed',
  'timed_out',
  'missed',
  'retrying',
  'running',
  'queued',
  'waiting',
  'moved',
  'cancelled',
]

/** Whether something keeps a chip of its own in a crowd. */
function standsOut(item: CalendarItem): boolean {
  if (isCounted(item)) return false
  const state = itemState(item)
  if (state === 'skipped') return item.kind === 'run' || item.reason === 'skipped'
  return noted.includes(state)
}

function tailOf(
  key: string,
  item: CalendarItem,
  axis: TimeAxis,
  day: ZonedDay,
  now: number,
  usual: UsualDurations,
): Tail {
  const place = (at: number) => axisPlace(axis, day, at)
  const began = item.startedAt ?? item.startsAt
  const to = place(item.startsAt + lasted(item, now, usual))
  const high = place(item.startsAt + lastsAtMost(item, now, usual))
  const from = Math.min(place(began), to)
  return { key, item, from, to, high: Math.max(to, high), due: Math.min(place(item.startsAt), from) }
}

function isLong({ due, high }: Tail): boolean {
  return high - due >= leastTail
}

/** Whether someone or a calendar moved it, not only jitter by a little. */
function isFarMoved(item: CalendarItem): boolean {
  return item.reason === 'moved' || item.reason === 'held' || item.reason === 'carried over'
}

/** One day or more as the time grid draws them. */
export function weekModel(
  items: readonly CalendarItem[],
  days: readonly ZonedDay[],
  options: WeekOptions,
): Week {
  const axis = timeAxis(days)
  const usual = options.usual ?? nothing
  const moved = items.filter((item) => isElsewhere(item) && item.kind !== 'bucket' && isFarMoved(item))
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
      const piles = (left[index] ?? []).filter(({ kind }) => kind === 'pile')
      const chips = [...own.filter((item) => !isRibbon(item)), ...piles].map((item): WeekChip => {
        const place = item.startsAt
        const from = Math.min(axisPlace(axis, day, place), axis.length - options.sizes.least)
        const lasts = options.hasTails === true ? 0 : lasted(item, options.now, usual)
        const to = axisPlace(axis, day, place + lasts)
        return {
          key: itemKey(item),
          item,
          from,
          to: Math.max(from, to),
          isFailure: isFailure(itemState(item)),
          standsOut: standsOut(item),
          isOpened: itemKey(item) === options.openedKey,
          isKept: itemKey(item) === options.keptKey,
        }
      })
      return {
        day,
        blocks: withinDay(layoutChips(chips, sizes), axis.length),
        ribbons: lanes.map((lane) => ({ lane, segments: ribbonSegments(lane, ribbonItems, options.now) })),
        tails: chips.map(({ key, item }) => tailOf(key, item, axis, day, options.now, usual)).filter(isLong),
        ghosts: moved
          .filter(
            ({ scheduledFor }) =>
              scheduledFor !== null && scheduledFor >= day.start && scheduledFor < day.end,
          )
          .map((item) => ({ key: itemKey(item), item, at: axisPlace(axis, day, item.scheduledFor ?? 0) })),
        lacking: lackingStretches(axis, day),
        counts: dayCounts([...own, ...(left[index] ?? [])]),
        missed: missedCount(own),
        density: (left[index] ?? []).filter(({ kind }) => kind === 'density'),
      }
    }),
  }
}
