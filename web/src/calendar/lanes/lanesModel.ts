import type { RunState } from '../../runs/runState.ts'
import { isOfAll, itemKey, itemState, type CalendarItem } from '../items/calendarItem.ts'
import { outcomes } from '../items/outcomes.ts'
import type { UsualDurations } from '../items/usualDurations.ts'

/** What a lane needs to know of its schedule. */
export interface LaneSchedule {
  scheduleId: string
  name: string
  tags: readonly string[]
  status: string
  calendars: readonly string[]
  isSystem: boolean
  /** When it is due next; null: never, or while it is paused. */
  nextAt: number | null
}

/** A schedule with what it had and will have in the window. */
export interface Lane extends LaneSchedule {
  items: readonly CalendarItem[]
  /** What most needs a person in it. */
  worst: RunState
}

/** Lanes of one tag. */
export interface LaneGroup {
  tag: string | null
  lanes: readonly Lane[]
  counts: readonly { state: RunState; count: number }[]
}

/** What needs a person first; the rest is quiet. */
const noted: readonly RunState[] = [
  'failed',
  'timed_out',
  'missed',
  'retrying',
  'running',
  'queued',
  'waiting',
]

function rank(state: RunState): number {
  const place = noted.indexOf(state)
  return place === -1 ? noted.length : place
}

/** Whether a state is one that someone should see. */
export function isNoted(state: RunState): boolean {
  return noted.includes(state)
}

/** The states in an item; of counts, runs that have not ended are there next to the worst of what is in them. */
export function itemStates(item: CalendarItem): RunState[] {
  const states = [itemState(item)]
  if (item.kind !== 'bucket') return states
  if (item.running > 0) states.push('running')
  if (item.waiting > 0) states.push('waiting')
  return states
}

function laneOf(schedule: LaneSchedule, items: readonly CalendarItem[]): Lane {
  const worst = items.flatMap(itemStates).toSorted((a, b) => rank(a) - rank(b))[0]
  const ran = items.some(({ succeeded }) => succeeded > 0)
  const quiet = schedule.status === 'paused' ? 'paused' : ran ? 'succeeded' : 'future'
  return { ...schedule, items, worst: worst !== undefined && isNoted(worst) ? worst : quiet }
}

function byAttention(a: Lane, b: Lane): number {
  return (
    rank(a.worst) - rank(b.worst) ||
    (a.nextAt ?? Infinity) - (b.nextAt ?? Infinity) ||
    b.items.length - a.items.length ||
    a.name.localeCompare(b.name)
  )
}

const told: readonly RunState[] = ['failed', 'missed', 'retrying', 'running', 'queued', 'paused']

function countsOf(lanes: readonly Lane[]): LaneGroup['counts'] {
  const counts = new Map<RunState, number>()
  for (const { state, count } of outcomes(lanes.flatMap(({ items }) => items))) {
    const plain = state === 'timed_out' ? 'failed' : state === 'waiting' ? 'queued' : state
    counts.set(plain, (counts.get(plain) ?? 0) + count)
  }
  counts.set('paused', lanes.filter(({ status }) => status === 'paused').length)
  return told.map((state) => ({ state, count: counts.get(state) ?? 0 })).filter(({ count }) => count > 0)
}

/** The schedules as lanes, by their first tag; groups and lanes that need attention first. */
export function laneGroups(schedules: readonly LaneSchedule[], items: readonly CalendarItem[]): LaneGroup[] {
  const own = new Map<string, CalendarItem[]>()
  for (const item of items) {
    if (isOfAll(item)) continue
    const known = own.get(item.scheduleId)
    if (known === undefined) own.set(item.scheduleId, [item])
    else known.push(item)
  }
  const listed = new Set(schedules.map(({ scheduleId }) => scheduleId))
  const unlisted = [...own]
    .filter(([scheduleId]) => !listed.has(scheduleId))
    .map(([scheduleId, [first]]): LaneSchedule => {
      const name = first?.scheduleName ?? ''
      return {
        scheduleId,
        name,
        tags: [],
        status: first?.scheduleStatus ?? '',
        calendars: [],
        isSystem: false,
        nextAt: null,
      }
    })
  const groups = new Map<string | null, Lane[]>()
  for (const schedule of [...schedules, ...unlisted]) {
    const lane = laneOf(schedule, own.get(schedule.scheduleId) ?? [])
    const tag = schedule.tags[0] ?? null
    groups.set(tag, [...(groups.get(tag) ?? []), lane])
  }
  return [...groups]
    .map(([tag, lanes]) => ({ tag, lanes: lanes.toSorted(byAttention), counts: countsOf(lanes) }))
    .sort(
      (a, b) =>
        rank(a.lanes[0]?.worst ?? 'future') - rank(b.lanes[0]?.worst ?? 'future') ||
        Number(a.tag === null) - Number(b.tag === null) ||
        (a.tag ?? '').localeCompare(b.tag ?? ''),
    )
}

/** One row of the view: the head of a group, or a lane of it. */
export type LaneRow = { key: string; group: LaneGroup; lane: Lane | null; isOpen: boolean }

/** The rows from top to bottom; of a closed group only its head. */
export function laneRows(
  groups: readonly LaneGroup[],
  isOpen: (group: LaneGroup) => boolean,
  isShown: (lane: Lane) => boolean,
): LaneRow[] {
  return groups.flatMap((group) => {
    const lanes = group.lanes.filter(isShown)
    if (lanes.length === 0) return []
    const shown = isOpen(group)
    const head = { key: `group:${group.tag}`, group: { ...group, lanes }, lane: null, isOpen: shown }
    const rows = lanes.map((lane) => ({ key: lane.scheduleId, group, lane, isOpen: true }))
    return shown ? [head, ...rows] : [head]
  })
}

/** A place on a lane: as long as it ran, or will by its usual duration. */
export interface LaneBlock {
  key: string
  item: CalendarItem
  state: RunState
  from: number
  to: number
  /** Where it ends if it takes as long as 95 % of its runs; null where it is over, or not known. */
  high: number | null
  /** When it was due, where it began later or still waits. */
  due: number | null
}

/** Where an item is on its lane. */
export function laneBlock(item: CalendarItem, usual: UsualDurations, now: number): LaneBlock {
  const state = itemState(item)
  const known = usual.get(item.scheduleId)
  const own = { key: itemKey(item), item, state }
  if (item.kind === 'occurrence') {
    const high = known === undefined ? null : item.startsAt + known.p95
    return { ...own, from: item.startsAt, to: item.startsAt + (known?.p50 ?? 0), high, due: null }
  }
  if (item.kind !== 'run') {
    return { ...own, from: item.startsAt, to: item.endsAt ?? item.startsAt, high: null, due: null }
  }
  if (item.startedAt === null) {
    const waits = state === 'queued' || state === 'waiting'
    return {
      ...own,
      from: waits ? Math.max(now, item.startsAt) : item.startsAt,
      to: waits ? Math.max(now, item.startsAt) + (known?.p50 ?? 0) : item.startsAt,
      high: null,
      due: waits ? item.startsAt : null,
    }
  }
  const isRunning = item.finishedAt === null && state === 'running'
  return {
    ...own,
    from: item.startedAt,
    to: item.finishedAt ?? Math.max(now, item.startedAt),
    high: isRunning && known !== undefined ? Math.max(now, item.startedAt + known.p95) : null,
    due: item.startsAt < item.startedAt ? item.startsAt : null,
  }
}

/** What someone should see of a closed group, at one place of its head. */
export interface GroupPin {
  key: string
  at: number
  state: RunState
  text: string
  items: readonly CalendarItem[]
}

/** What a letter of a pin takes, its edges, and the most that its text does, in pixels. */
const pinLetter = 6.5
const pinEdges = 14
const widestPin = 150

function pinText(blocks: readonly { name: string; block: LaneBlock }[]): string {
  const [worst] = blocks.toSorted((a, b) => rank(a.block.state) - rank(b.block.state))
  const others = new Set(blocks.map(({ name }) => name)).size - 1
  if (others > 0) return `${worst?.name ?? ''} +${others}`
  return blocks.length > 1 ? `${worst?.name ?? ''} ×${blocks.length}` : (worst?.name ?? '')
}

/** The pins on the head of a closed group `width` pixels wide; those that would overlap are one. */
export function groupPins(
  lanes: readonly Lane[],
  { start, end, now }: { start: number; end: number; now: number },
  width: number,
): GroupPin[] {
  const blocks = lanes
    .flatMap(({ name, items }) => items.map((item) => ({ name, block: laneBlock(item, new Map(), now) })))
    .filter(({ block }) => isNoted(block.state) && block.from < end && block.to >= start)
    .sort((a, b) => a.block.from - b.block.from || rank(a.block.state) - rank(b.block.state))
  const placeOf = (at: number) => ((Math.max(at, start) - start) / (end - start)) * width
  const places: { from: number; to: number; blocks: typeof blocks }[] = []
  for (const each of blocks) {
    const from = placeOf(each.block.from)
    let last = places.at(-1)
    if (last === undefined || from >= last.to) places.push((last = { from, to: from, blocks: [] }))
    last.blocks.push(each)
    last.to = last.from + Math.min(widestPin, pinText(last.blocks).length * pinLetter + pinEdges)
  }
  return places.map(({ blocks: own }) => {
    const states = own.map(({ block }) => block.state).sort((a, b) => rank(a) - rank(b))
    return {
      key: own[0]?.block.key ?? '',
      at: own[0]?.block.from ?? start,
      state: states[0] ?? 'failed',
      text: pinText(own),
      items: own.map(({ block }) => block.item),
    }
  })
}

/** How many runs and occurrences of a group start in each of equal parts of a range; counted ones evenly over theirs. */
export function groupStarts(lanes: readonly Lane[], start: number, end: number, parts: number): number[] {
  const size = (end - start) / parts
  const starts = Array.from({ length: parts }, () => 0)
  for (const { startsAt, endsAt, kind, total } of lanes.flatMap(({ items }) => items)) {
    if (kind === 'omission' || kind === 'omitted') continue
    const to = kind === 'bucket' && endsAt !== null && endsAt > startsAt ? endsAt : startsAt + 1
    const first = Math.max(0, Math.floor((startsAt - start) / size))
    const last = Math.min(parts - 1, Math.ceil((to - start) / size) - 1)
    for (let part = first; part <= last; part += 1) {
      const from = start + part * size
      const share = (Math.min(to, from + size) - Math.max(startsAt, from)) / (to - startsAt)
      starts[part] = (starts[part] ?? 0) + Math.max(0, share) * (kind === 'bucket' ? total : 1)
    }
  }
  return starts
}
