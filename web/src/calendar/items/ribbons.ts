import { compareSeverity, type RunState } from '../../runs/runState.ts'
import { itemState, noCounts, sumCounts, type CalendarItem, type OutcomeCounts } from './calendarItem.ts'

/** A schedule that is too frequent for chips, or all further ones of them together. */
export interface RibbonLane {
  key: string
  name: string
  /** Empty for the lane of all others. */
  scheduleId: string
  scheduleIds: ReadonlySet<string>
}

/** A range of a lane in which all went the same way. */
export interface RibbonSegment {
  key: string
  start: number
  end: number
  state: RunState
  counts: OutcomeCounts
  items: readonly CalendarItem[]
}

/** Which schedules get the first lanes, and so one of their own where there are more than lanes. */
export type LaneOrder = 'most frequent' | 'most failures'

/** The lanes of a range of days; the same in each of its days. */
export function ribbonLanes(
  buckets: readonly CalendarItem[],
  maxLanes: number,
  order: LaneOrder = 'most frequent',
): RibbonLane[] {
  const schedules = new Map<string, { name: string; total: number; failed: number }>()
  for (const bucket of buckets) {
    const known = schedules.get(bucket.scheduleId)
    schedules.set(bucket.scheduleId, {
      name: bucket.scheduleName,
      total: (known?.total ?? 0) + bucket.total,
      failed: (known?.failed ?? 0) + bucket.failed,
    })
  }
  const failures = (a: number, b: number) => (order === 'most failures' ? b - a : 0)
  const sorted = [...schedules].sort(
    ([, a], [, b]) => failures(a.failed, b.failed) || b.total - a.total || a.name.localeCompare(b.name),
  )
  const own = sorted.length > maxLanes ? sorted.slice(0, maxLanes - 1) : sorted
  const others = sorted.slice(own.length)
  const lanes = own.map(([scheduleId, { name }]) => ({
    key: scheduleId,
    name,
    scheduleId,
    scheduleIds: new Set([scheduleId]),
  }))
  if (others.length === 0) return lanes
  const name = `${others.length} others`
  return [...lanes, { key: 'others', name, scheduleId: '', scheduleIds: new Set(others.map(([id]) => id)) }]
}

function worst(items: readonly CalendarItem[]): RunState {
  return items.map(itemState).sort(compareSeverity)[0] ?? 'future'
}

const quiet: readonly RunState[] = ['succeeded', 'future', 'running', 'waiting', 'paused']

/** What of a range was before now, and what is due from now on, which is not how that went. */
function splitAtNow(part: Omit<RibbonSegment, 'key'>, now: number): Omit<RibbonSegment, 'key'>[] {
  const { counts, start, end, items } = part
  const { upcoming } = counts
  const past = { ...counts, upcoming: 0, total: counts.total - upcoming }
  if (now <= start || now >= end || upcoming === 0 || past.total === 0) return [part]
  const due: OutcomeCounts = { ...noCounts, total: upcoming, upcoming }
  return [
    { ...part, end: now, counts: past },
    { start: now, end, state: 'future', counts: due, items },
  ]
}

/** The segments of a lane in one day: each bucket by the worst that happened in it, like ones joined. */
export function ribbonSegments(
  lane: RibbonLane,
  items: readonly CalendarItem[],
  now: number,
): RibbonSegment[] {
  const places = new Map<string, CalendarItem[]>()
  for (const item of items) {
    if (!lane.scheduleIds.has(item.scheduleId)) continue
    const key = `${item.kind === 'omission' ? 'gap' : 'bucket'}:${item.startsAt}`
    const place = places.get(key)
    if (place === undefined) places.set(key, [item])
    else place.push(item)
  }
  const segments: RibbonSegment[] = []
  const sorted = [...places.values()].sort(([a], [b]) => (a?.startsAt ?? 0) - (b?.startsAt ?? 0))
  const parts = sorted.flatMap((place) => {
    const start = place[0]?.startsAt ?? 0
    const end = Math.max(...place.map((item) => item.endsAt ?? item.startsAt))
    return splitAtNow({ start, end, state: worst(place), counts: sumCounts(place), items: place }, now)
  })
  for (const part of parts) {
    const { start, end, state, counts, items: own } = part
    const last = segments.at(-1)
    if (last?.state === state && last.end === start && quiet.includes(state)) {
      segments[segments.length - 1] = {
        ...last,
        end,
        items: [...last.items, ...own],
        counts: sumCounts([last.counts, counts]),
      }
    } else {
      segments.push({ ...part, key: `${lane.key}:${start}:${state}` })
    }
  }
  return segments
}
