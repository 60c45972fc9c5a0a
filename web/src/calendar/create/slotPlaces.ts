import type { CalendarView } from '../grid/calendarRange.ts'
import { axisInstant, axisPlace, timeAxis } from '../grid/timeAxis.ts'
import { dayOf, type ZonedDay } from '../grid/zonedDay.ts'

/** An empty place of the calendar: a time, or a range of times. */
export interface Slot {
  start: number
  /** Null of a single time. */
  end: number | null
  /** The lane that it is on, and what its schedule would be tagged. */
  lane: string | null
  tag: string | null
}

/** Where a slot is drawn, in pixels of the window. */
export interface SlotPlace {
  left: number
  top: number
  width: number
  height: number
}

/** What the calendar shows. */
export interface SlotSurroundings {
  view: CalendarView
  days: readonly ZonedDay[]
  start: number
  end: number
  timeZone: string
  /** Also: nothing is open that a press would only close. */
  canCreate: boolean
  /** Where one begins by keys. */
  firstSlot: () => Slot
  /** Shows the page with an instant. */
  showDate: (instant: number) => void
}

const minute = 60_000
/** How high a slot of one time is drawn, in minutes. */
const shown = 30

function underLane(track: HTMLElement, x: number, step: number, { start, end }: SlotSurroundings): Slot {
  const box = track.getBoundingClientRect()
  const size = step * minute
  const at = start + ((x - box.left) / box.width) * (end - start)
  const { track: lane = null, tag = null } = track.dataset
  return { start: Math.floor(at / size) * size, end: null, lane, tag }
}

/** The empty place under a point, from a full step on; null where there is none, as in an hour that a day's clock skips. */
export function slotUnder(
  root: HTMLElement,
  { x, y }: { x: number; y: number },
  step: number,
  around: SlotSurroundings,
): Slot | null {
  const holds = (element: HTMLElement, isAcross: boolean) => {
    const { left, right, top, bottom } = element.getBoundingClientRect()
    return isAcross ? y >= top && y < bottom && x >= left && x < right : x >= left && x < right
  }
  if (around.view === 'lanes') {
    const tracks = [...root.querySelectorAll<HTMLElement>('[data-track]')]
    const track = tracks.find((each) => holds(each, true))
    return track === undefined ? null : underLane(track, x, step, around)
  }
  const column = [...root.querySelectorAll<HTMLElement>('[data-day]')].find((each) => holds(each, false))
  const day = around.days.find(({ date }) => date === column?.dataset['day'])
  if (column === undefined || day === undefined) return null
  const axis = timeAxis(around.days)
  const box = column.getBoundingClientRect()
  const place = Math.floor((((y - box.top) / box.height) * axis.length) / step) * step
  const start = axisInstant(axis, day, Math.max(0, Math.min(place, axis.length - step)))
  return start === null ? null : { start, end: null, lane: null, tag: null }
}

/** Where a slot is drawn; null where it is not shown. */
export function slotPlace(root: HTMLElement, slot: Slot, around: SlotSurroundings): SlotPlace | null {
  const end = slot.end ?? slot.start + shown * minute
  if (around.view === 'lanes') {
    const tracks = [...root.querySelectorAll<HTMLElement>('[data-track]')]
    const track = tracks.find((each) => each.dataset['track'] === slot.lane) ?? tracks[0]
    if (track === undefined) return null
    const box = track.getBoundingClientRect()
    const x = (at: number) => box.left + ((at - around.start) / (around.end - around.start)) * box.width
    return { left: x(slot.start), top: box.top, width: x(end) - x(slot.start), height: box.height }
  }
  const day = dayOf(around.days, slot.start)
  const column = day && root.querySelector<HTMLElement>(`[data-day="${day.date}"]`)
  if (day === undefined || !column) return null
  const axis = timeAxis(around.days)
  const box = column.getBoundingClientRect()
  const y = (at: number) => (axisPlace(axis, day, at) / axis.length) * box.height
  const top = y(slot.start)
  return { left: box.left, top: box.top + top, width: box.width, height: Math.max(16, y(end) - top) }
}
