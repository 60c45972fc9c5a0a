import { fireEvent } from '@testing-library/react'
import { afterEach, beforeEach, vi } from 'vitest'
import { loadTemporal } from '../../../time/temporal.ts'
import { zonedDay } from '../../grid/zonedDay.ts'
import { calendarItem } from '../../items/calendarFactory.ts'
import { itemKey, type CalendarItem } from '../../items/calendarItem.ts'
import { createDragController, type DragSurroundings } from '../dragController.ts'

const zone = 'Europe/Paris'
export const paris = (text: string) => Date.parse(`2026-11-${text}+01:00`)
const minutes = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))
export const daysFrom = (date: string) =>
  [0, 1, 2].map((days) => zonedDay(Temporal.PlainDate.from(date).add({ days }).toString(), zone))

/** The grid: a scroller 600 px high and three days of 100 px, in which a minute is one pixel. */
export const view = { top: 100, bottom: 700, left: 50, columnWidth: 100 }

const opened: (() => void)[] = []

function setBox(element: Element, box: () => { x: number; y: number; width: number; height: number }) {
  element.getBoundingClientRect = () => {
    const { x, y, width, height } = box()
    return new DOMRect(x, y, width, height)
  }
}

/** A page of the calendar with its controller, as someone at it meets it. */
export function openGrid(items: readonly CalendarItem[], own: Partial<DragSurroundings> = {}) {
  const root = document.createElement('div')
  const scroller = document.createElement('div')
  const showDate = vi.fn<(date: string) => void>()
  const controller = createDragController()
  const captured = new Set<number>()
  let surroundings: DragSurroundings = {
    view: 'week',
    days: daysFrom('2026-11-26'),
    start: paris('26T00:00'),
    end: paris('29T00:00'),
    items,
    timeZone: zone,
    now: paris('26T02:00'),
    whyKept: () => null,
    tellKept: vi.fn(),
    showDate,
    ...own,
  }
  scroller.scrollTop = 300
  setBox(scroller, () => ({ x: view.left, y: view.top, width: 300, height: view.bottom - view.top }))
  root.append(scroller)
  document.body.append(root)
  // jsdom knows no capture.
  root.setPointerCapture = (id) => void captured.add(id)
  root.releasePointerCapture = (id) => void captured.delete(id)
  root.hasPointerCapture = (id) => captured.has(id)

  const y = (clock: string) => view.top - scroller.scrollTop + minutes(clock)
  const draw = () => {
    scroller.replaceChildren(
      ...surroundings.days.map((day, index) => {
        const column = document.createElement('div')
        column.dataset['day'] = day.date
        const x = view.left + index * view.columnWidth
        setBox(column, () => ({ x, y: y('00:00'), width: view.columnWidth, height: 1440 }))
        for (const item of items.filter(({ startsAt }) => startsAt >= day.start && startsAt < day.end)) {
          const chip = document.createElement('button')
          chip.dataset['item'] = itemKey(item)
          chip.textContent = item.scheduleName
          setBox(chip, () => ({
            x,
            y: y('00:00') + (item.startsAt - day.start) / 60_000,
            width: view.columnWidth,
            height: 20,
          }))
          column.append(chip)
        }
        return column
      }),
    )
  }
  draw()
  controller.update(surroundings)
  const detach = controller.attach(root)
  opened.push(detach, () => root.remove())

  const chip = (name = 'nightly-rollup') => {
    const found = [...root.querySelectorAll('button')].find(({ textContent }) => textContent === name)
    if (found === undefined) throw new Error(`No ${name}`)
    return found
  }
  const send = (type: 'pointerDown' | 'pointerMove' | 'pointerUp', to: Element, own: PointerEventInit) =>
    fireEvent[type](to, { pointerId: 7, pointerType: 'mouse', button: 0, ...own })
  return {
    root,
    scroller,
    controller,
    captured,
    showDate,
    detach,
    chip,
    y,
    /** The middle of one of the three columns. */
    x: (column: number) => view.left + (column + 0.5) * view.columnWidth,
    press: (x: number, clientY: number, own: PointerEventInit = {}, on: Element = chip()) =>
      send('pointerDown', on, { clientX: x, clientY, ...own }),
    move: (x: number, clientY: number, own: PointerEventInit = {}) =>
      send('pointerMove', root, { clientX: x, clientY, ...own }),
    letGo: (own: PointerEventInit = {}) => send('pointerUp', root, own),
    key: (key: string, own: KeyboardEventInit = {}) =>
      // False where it was taken
      fireEvent.keyDown(document.activeElement ?? document.body, { key, ...own }),
    /** The calendar is drawn again. */
    show: (next: Partial<DragSurroundings>) => {
      surroundings = { ...surroundings, ...next }
      draw()
      controller.update(surroundings)
    },
    /** Another page is on its way: nothing is drawn yet. */
    leaf: (days: DragSurroundings['days']) => {
      surroundings = { ...surroundings, days, items: [] }
      scroller.replaceChildren()
      controller.update(surroundings)
    },
    /** Where it is held, in minutes of the day. */
    at: () => {
      const drag = controller.get()
      return drag.phase === 'held' ? drag.target.at : Number.NaN
    },
    /** What someone sees of it: the phase, and when and why. */
    seen: () => {
      const drag = controller.get()
      if (drag.phase === 'idle') return 'idle'
      const { instant, why } = drag.target
      const moment = Temporal.Instant.fromEpochMilliseconds(instant ?? 0).toZonedDateTimeISO(zone)
      const time = instant === null ? 'nowhere' : moment.toPlainDateTime().toString().slice(8, 16)
      return [drag.phase, time, why].filter((part) => part !== null).join(' ')
    },
  }
}

export const item = (own: Partial<CalendarItem> = {}) => calendarItem({ startsAt: paris('27T10:00'), ...own })

/** A closed time. */
export const maintenance = (from: string, to: string) => ({
  start: paris(from),
  end: paris(to),
  reason: 'excluded',
  label: 'Maintenance',
})

/** One that is held by the pointer at its place, 5 px below its upper edge. */
export function holdOne(own: Partial<DragSurroundings> = {}) {
  const grid = openGrid([item()], own)
  grid.press(grid.x(1), grid.y('10:00') + 5)
  grid.move(grid.x(1) + 6, grid.y('10:00') + 5)
  return grid
}

/** Each test begins with fake timers, and leaves no grid behind. */
export function closeGrids(): void {
  // A clock that is taken over would take over Temporal's as well, which the polyfill does not allow.
  beforeEach(async () => {
    vi.useFakeTimers()
    await loadTemporal()
  })
  afterEach(() => {
    for (const close of opened.splice(0)) close()
    vi.runOnlyPendingTimers()
    Reflect.deleteProperty(globalThis, 'Temporal')
    vi.useRealTimers()
  })
}
