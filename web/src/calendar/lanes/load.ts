import { countText } from '../grid/timeFormat.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import type { UsualDurations } from '../items/usualDurations.ts'

export interface LoadWindow {
  start: number
  end: number
  now: number
  /** How many parts it is counted in. */
  parts: number
}

/** How many runs were and will be in progress at once: as they ran, and as they usually do, by median and by p95. */
export interface Load {
  usual: readonly number[]
  high: readonly number[]
}

/** Adds what is in progress from one time to another to the parts that it touches, by its share of each. */
function add(
  series: number[],
  { start, end, parts }: LoadWindow,
  from: number,
  to: number,
  weight = 1,
): void {
  const size = (end - start) / parts
  const first = Math.max(0, Math.floor((from - start) / size))
  const last = Math.min(parts - 1, Math.ceil((to - start) / size) - 1)
  for (let part = first; part <= last; part += 1) {
    const begin = start + part * size
    const share = (Math.min(to, begin + size) - Math.max(from, begin)) / size
    series[part] = (series[part] ?? 0) + Math.max(0, share) * weight
  }
}

/** The load of a window of time; what is paused or left out has none, what no one knows the duration of neither. */
export function loadOf(items: readonly CalendarItem[], usual: UsualDurations, window: LoadWindow): Load {
  const { now, parts } = window
  const median = Array.from({ length: parts }, () => 0)
  const high = Array.from({ length: parts }, () => 0)
  for (const item of items) {
    const known = usual.get(item.scheduleId)
    if (item.kind === 'bucket' && known !== undefined && item.endsAt !== null) {
      const ran = item.total - item.skipped - item.cancelled
      const length = item.endsAt - item.startsAt
      if (length <= 0 || item.scheduleStatus === 'paused') continue
      add(median, window, item.startsAt, item.endsAt, (ran * known.p50) / length)
      const isOver = item.endsAt <= now
      add(high, window, item.startsAt, item.endsAt, (ran * (isOver ? known.p50 : known.p95)) / length)
    } else if (item.kind === 'run' && item.startedAt !== null) {
      const isRunning = item.finishedAt === null && item.status === 'running'
      const to = (length: number) =>
        item.finishedAt ?? Math.max(isRunning ? now : 0, (item.startedAt ?? 0) + length)
      add(median, window, item.startedAt, to(known?.p50 ?? 0))
      add(high, window, item.startedAt, to(known?.p95 ?? 0))
    } else if (item.kind === 'occurrence' && known !== undefined && item.scheduleStatus !== 'paused') {
      add(median, window, item.startsAt, item.startsAt + known.p50)
      add(high, window, item.startsAt, item.startsAt + known.p95)
    }
  }
  return { usual: median, high }
}

/** Where most is in progress at once from now on. */
export function peakOf(
  { usual }: Load,
  { start, end, now, parts }: LoadWindow,
): { at: number; count: number } {
  const size = (end - start) / parts
  let peak = { at: now, count: 0 }
  usual.forEach((count, part) => {
    const at = start + part * size
    if (at + size > now && count > peak.count) peak = { at: Math.max(at, now), count }
  })
  return peak
}

/** What the full height of the load stands for: capacity too, unless next to that the load would be a flat line. */
export function loadTop({ high }: Load, capacity: number | null): number {
  const most = Math.max(1, ...high)
  return Math.max(most, capacity !== null && capacity <= most * 4 ? capacity : 0) * 1.15
}

/** How many slots a load takes, in whole numbers: parts of one are what several short runs add up to. */
export function loadInWords(load: number): string {
  if (load < 0.05) return '0'
  return load < 0.95 ? 'fewer than 1' : countText(Math.round(load))
}

/** The outline of a series in a box of 1 by 1, `top` being its full height. */
export function loadPath(series: readonly number[], top: number): string {
  const size = 1 / series.length
  const steps = series.map((count, part) => {
    const y = (1 - Math.min(1, count / top)).toFixed(4)
    return `L${(part * size).toFixed(5)} ${y}L${((part + 1) * size).toFixed(5)} ${y}`
  })
  return `M0 1${steps.join('')}L1 1`
}
