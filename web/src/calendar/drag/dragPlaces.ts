import type { CalendarItem } from '../items/calendarItem.ts'
import type { CalendarRange } from '../grid/calendarRange.ts'
import { timeAxis } from '../grid/timeAxis.ts'
import {
  keyStep,
  targetAt,
  targetAtInstant,
  targetOf,
  targetOnDay,
  type ClosedTime,
  type KeyStep,
  type Target,
} from './dragTarget.ts'

/** Where the ghost is drawn, in pixels of the window. */
export interface GhostPlace {
  left: number
  top: number
  width: number
}

/** What is shown, and what is closed to what is held. */
export interface PlacesAround extends Pick<CalendarRange, 'view' | 'days' | 'start' | 'end'> {
  timeZone: string
  now: number
  closed: readonly ClosedTime[]
}

interface Point {
  x: number
  y: number
}

/** A box in pixels of the window. */
interface Edges {
  left: number
  right: number
  top: number
  bottom: number
}

/** A calendar as a drag knows it: by the elements in which occurrences lie, and where a time is on them. */
export interface DragPlaces {
  /** What holds occurrences: a day, a lane, a cell of the month. */
  selector: string
  scroller: (root: HTMLElement) => HTMLElement | null
  /** What of it is seen; at its edges it scrolls, at its sides pages are turned. */
  seen: (root: HTMLElement) => Edges | null
  /** The target under a point, from where it was gripped. */
  under: (
    root: HTMLElement,
    point: Point,
    grip: Point,
    step: number,
    item: CalendarItem,
    around: PlacesAround,
  ) => Target | null
  /** Null where it is on another page. */
  targetOf: (instant: number, around: PlacesAround) => Target | null
  ghost: (root: HTMLElement, target: Target, item: CalendarItem, around: PlacesAround) => GhostPlace | null
  keyStep: (key: string, minutes: number) => KeyStep | null
  /** The date of the page before or after. */
  nextPage: (side: -1 | 1, around: PlacesAround) => string | null
}

const all = (root: HTMLElement, selector: string) => [...root.querySelectorAll<HTMLElement>(selector)]
const first = (root: HTMLElement, selector: string) => root.querySelector<HTMLElement>(selector)
const edgesOf = (element: HTMLElement): Edges => {
  const { left, right, top, bottom } = element.getBoundingClientRect()
  return { left, right, top, bottom }
}

function dayBeyond(side: -1 | 1, { days }: PlacesAround): string | null {
  const from = side < 0 ? days[0] : days.at(-1)
  return from === undefined ? null : Temporal.PlainDate.from(from.date).add({ days: side }).toString()
}

/** Days side by side, hours downwards. */
const hours: DragPlaces = {
  selector: '[data-day]',
  scroller: (root) => first(root, '[data-day]')?.parentElement ?? null,
  seen: (root) => {
    const columns = all(root, '[data-day]')
    const body = columns[0]?.parentElement
    if (!body) return null
    return {
      ...edgesOf(body),
      left: columns[0]?.getBoundingClientRect().left ?? 0,
      right: columns.at(-1)?.getBoundingClientRect().right ?? 0,
    }
  },
  under: (root, point, grip, step, _, around) => {
    const columns = all(root, '[data-day]')
    const column = columns.find((each) => point.x < each.getBoundingClientRect().right) ?? columns.at(-1)
    const day = around.days.find(({ date }) => date === column?.dataset['day'])
    if (column === undefined || day === undefined) return null
    const box = column.getBoundingClientRect()
    const axis = timeAxis(around.days)
    return targetAt(day, ((point.y - grip.y - box.top) / box.height) * axis.length, { ...around, axis, step })
  },
  targetOf: (instant, around) => targetOf(instant, around.days, { ...around, axis: timeAxis(around.days) }),
  ghost: (root, target, _, around) => {
    const column = first(root, `[data-day="${target.date}"]`)
    if (column === null) return null
    const box = column.getBoundingClientRect()
    const top = box.top + (target.at / timeAxis(around.days).length) * box.height
    return { left: box.left, top, width: box.width }
  },
  keyStep,
  nextPage: dayBeyond,
}

const track = '[data-track]'
const turned: Record<string, string> = {
  ArrowLeft: 'ArrowUp',
  ArrowRight: 'ArrowDown',
  ArrowUp: 'ArrowLeft',
  ArrowDown: 'ArrowRight',
}

/** A row per schedule, time across: what is held stays on its row. */
const lanes: DragPlaces = {
  selector: track,
  scroller: (root) => first(root, track)?.closest<HTMLElement>('[role="grid"]') ?? null,
  seen: (root) => {
    const row = first(root, track)
    const grid = row?.closest<HTMLElement>('[role="grid"]')
    if (!row || !grid) return null
    // The names stay at the left while the rest scrolls.
    return { ...edgesOf(grid), left: row.previousElementSibling?.getBoundingClientRect().right ?? 0 }
  },
  under: (root, point, grip, step, _, around) => {
    const box = first(root, track)?.getBoundingClientRect()
    if (box === undefined) return null
    const { start, end } = around
    const size = step * 60_000
    const at = start + ((point.x - grip.x - box.left) / box.width) * (end - start)
    const snapped = Math.round(at / size) * size
    return targetAtInstant(
      Math.max(Math.ceil(start / size) * size, Math.min(snapped, Math.ceil(end / size) * size - size)),
      around,
    )
  },
  targetOf: (instant, around) =>
    instant < around.start || instant >= around.end ? null : targetAtInstant(instant, around),
  ghost: (root, { instant }, item, { start, end }) => {
    const row = first(root, `[data-track="${item.scheduleId}"]`) ?? first(root, track)
    if (row === null || instant === null) return null
    const box = row.getBoundingClientRect()
    // Below its row, which shows what is next to it.
    return { left: box.left + ((instant - start) / (end - start)) * box.width, top: box.bottom, width: 0 }
  },
  keyStep: (key, minutes) => keyStep(turned[key] ?? key, minutes),
  nextPage: (side, { start, end, timeZone }) => {
    const at = Temporal.Instant.fromEpochMilliseconds(side < 0 ? start - 1 : end)
    return at.toZonedDateTimeISO(timeZone).toPlainDate().toString()
  },
}

const cell = '[data-cell]'
/** Below the date of a cell, in pixels. */
const below = 22

/** Days in weeks: what is held keeps its time of the clock. */
const month: DragPlaces = {
  selector: cell,
  scroller: (root) => first(root, cell)?.parentElement?.parentElement ?? null,
  seen: (root) => {
    const body = first(root, cell)?.parentElement?.parentElement
    return body ? edgesOf(body) : null
  },
  under: (root, point, _grip, _step, item, around) => {
    const cells = all(root, cell)
    const row = cells.filter((each) => point.y < each.getBoundingClientRect().bottom)
    const week = (row.length > 0 ? row : cells.slice(-7)).slice(0, 7)
    const own = week.find((each) => point.x < each.getBoundingClientRect().right) ?? week.at(-1)
    const day = around.days.find(({ date }) => date === own?.dataset['cell'])
    return day === undefined ? null : targetOnDay(day, item.startsAt, around)
  },
  targetOf: (instant, around) => targetOf(instant, around.days, { ...around, axis: timeAxis(around.days) }),
  ghost: (root, target) => {
    const box = first(root, `[data-cell="${target.date}"]`)?.getBoundingClientRect()
    return box === undefined ? null : { left: box.left, top: box.top + below, width: box.width }
  },
  keyStep: (key) => {
    const days: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }
    const own = days[key]
    return own === undefined ? null : { days: own }
  },
  nextPage: dayBeyond,
}

/** How a drag goes about a view; null where nothing can be dragged. */
export function dragPlaces(view: CalendarRange['view']): DragPlaces | null {
  if (view === 'day' || view === 'week') return hours
  if (view === 'lanes') return lanes
  return view === 'month' ? month : null
}
