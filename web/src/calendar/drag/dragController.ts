import { itemKey, type CalendarItem } from '../items/calendarItem.ts'
import { canBeOverridden } from '../details/occurrenceOverride.ts'
import { timeAxis } from '../grid/timeAxis.ts'
import type { ZonedDay } from '../grid/zonedDay.ts'
import { keyStep, stepped, targetAt, targetOf, type ClosedTime, type Target } from './dragTarget.ts'

/** Where the ghost is drawn, in pixels of the window. */
interface GhostPlace {
  left: number
  top: number
  width: number
}

/** An occurrence that is held, or was dropped and waits for an answer. */
export interface Held {
  item: CalendarItem
  by: 'pointer' | 'keyboard'
  target: Target
  place: GhostPlace | null
}

/**
 *   idle ──press on an occurrence──► pressed ──moved 5 px, or held 400 ms by touch──► held ──release, Enter──► dropped
 *    ▲ │                               │                                              │ ▲                        │
 *    │ └──Alt+arrow on it──────────────┼──────────────────────────────────────────────┼─┘                        │
 *    └────────release, scroll by touch─┘──────────────────Esc─────────────────────────┘──────answered, Esc───────┘
 */
type Drag = { phase: 'idle' } | ({ phase: 'held' | 'dropped' } & Held)

/** What the calendar shows. */
export interface DragSurroundings {
  days: readonly ZonedDay[]
  items: readonly CalendarItem[]
  timeZone: string
  now: number
  canMove: boolean
  /** Shows the page of days that holds a date. */
  showDate: (date: string) => void
}

export interface DragController {
  get: () => Drag
  subscribe: (listener: () => void) => () => void
  /** Tells what is shown now. */
  update: (surroundings: DragSurroundings) => void
  /** Tells where what is held cannot be put. */
  setClosed: (closed: readonly ClosedTime[]) => void
  /** Ends it: what was held is where it was. */
  release: () => void
  /** Listens within an element. */
  attach: (root: HTMLElement) => () => void
}

const threshold = 5
const touchThreshold = 8
const longPress = 400
const edge = 40
const pageDelay = 700
const snap = 15

interface Press {
  item: CalendarItem
  pointerId: number
  isTouch: boolean
  x: number
  y: number
  /** From the upper edge of the occurrence to the pointer. */
  grip: number
}

const idle: Drag = { phase: 'idle' }

function columnsOf(root: HTMLElement): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>('[data-day]')]
}

/** Holds and drops occurrences in a grid of hours, by pointer, touch and keys; knows the grid only by its columns. */
export function createDragController(): DragController {
  let drag: Drag = idle
  let around: DragSurroundings | null = null
  let closed: readonly ClosedTime[] = []
  let press: Press | null = null
  let pointer = { x: 0, y: 0, step: snap }
  let root: HTMLElement | null = null
  let pressTimer: ReturnType<typeof setTimeout> | undefined
  let pageTimer: ReturnType<typeof setTimeout> | undefined
  let frame = 0
  const listeners = new Set<() => void>()

  const set = (next: Drag) => {
    drag = next
    for (const listener of listeners) listener()
  }
  const options = (surroundings: DragSurroundings, step: number) => {
    const { days, timeZone, now } = surroundings
    return { axis: timeAxis(days), timeZone, now, closed, step }
  }
  const scroller = () => root?.querySelector<HTMLElement>('[data-day]')?.parentElement ?? null

  const placeOf = (target: Target): GhostPlace | null => {
    const column = root?.querySelector<HTMLElement>(`[data-day="${target.date}"]`)
    if (!column || around === null) return null
    const box = column.getBoundingClientRect()
    const top = box.top + (target.at / timeAxis(around.days).length) * box.height
    return { left: box.left, top, width: box.width }
  }
  const hold = (item: CalendarItem, by: Held['by'], target: Target) =>
    set({ phase: 'held', item, by, target, place: placeOf(target) })

  const underPointer = (): Target | null => {
    if (root === null || around === null) return null
    const columns = columnsOf(root)
    const column = columns.find((each) => pointer.x < each.getBoundingClientRect().right) ?? columns.at(-1)
    const day = around.days.find(({ date }) => date === column?.dataset['day'])
    if (column === undefined || day === undefined) return null
    const box = column.getBoundingClientRect()
    const own = options(around, pointer.step)
    const place = ((pointer.y - (press?.grip ?? 0) - box.top) / box.height) * own.axis.length
    return targetAt(day, place, own)
  }

  const stopTimers = () => {
    clearTimeout(pressTimer)
    clearTimeout(pageTimer)
    cancelAnimationFrame(frame)
    pressTimer = pageTimer = undefined
    frame = 0
  }
  const release = () => {
    stopTimers()
    if (press !== null && root?.hasPointerCapture(press.pointerId) === true)
      root.releasePointerCapture(press.pointerId)
    press = null
    closed = []
    if (drag.phase !== 'idle') set(idle)
  }

  /** Letting go is no click on what lies below, even where Esc has put back what was held: then the button is still down. */
  const stopClick = (isDown: boolean) => {
    const listening = new AbortController()
    const { signal } = listening
    const stop = (click: Event) => {
      click.stopPropagation()
      click.preventDefault()
    }
    const end = () => setTimeout(() => listening.abort())
    window.addEventListener('click', stop, { capture: true, once: true, signal })
    if (!isDown) return end()
    for (const up of ['pointerup', 'pointercancel', 'pointerdown'])
      window.addEventListener(up, end, { capture: true, signal })
  }

  /** Puts back what is held, while the button may be down. */
  const putBack = () => {
    if (drag.phase !== 'held') return
    if (drag.by === 'pointer') stopClick(true)
    release()
  }

  /** Turns a page after a while at its side. */
  const watchSides = () => {
    const columns = root === null ? [] : columnsOf(root)
    const left = columns[0]?.getBoundingClientRect().left ?? 0
    const right = columns.at(-1)?.getBoundingClientRect().right ?? 0
    const side = pointer.x < left - 4 ? -1 : pointer.x > right - 8 ? 1 : 0
    if (side === 0) {
      clearTimeout(pageTimer)
      pageTimer = undefined
      return
    }
    pageTimer ??= setTimeout(() => {
      pageTimer = undefined
      const days = around?.days
      const from = side < 0 ? days?.[0] : days?.at(-1)
      if (from === undefined) return
      around?.showDate(Temporal.PlainDate.from(from.date).add({ days: side }).toString())
      watchSides()
    }, pageDelay)
  }
  const follow = () => {
    if (drag.phase !== 'held') return
    const target = drag.by === 'pointer' ? underPointer() : drag.target
    if (target !== null) hold(drag.item, drag.by, target)
  }
  /** Scrolls while the pointer is near the upper or lower edge. */
  const scrollAtEdge = () => {
    frame = 0
    const element = scroller()
    if (drag.phase !== 'held' || drag.by !== 'pointer' || element === null) return
    const { top, bottom } = element.getBoundingClientRect()
    const over = pointer.y < top + edge ? pointer.y - top - edge : Math.max(0, pointer.y - bottom + edge)
    if (over === 0) return
    element.scrollTop += Math.max(-20, Math.min(20, over / 3))
    follow()
    frame = requestAnimationFrame(scrollAtEdge)
  }

  const begin = () => {
    clearTimeout(pressTimer)
    if (press === null || root === null) return
    const target = underPointer()
    if (target === null) return
    root.setPointerCapture(press.pointerId)
    hold(press.item, 'pointer', target)
  }
  const drop = () => {
    stopTimers()
    if (drag.phase !== 'held') return
    const { item, target } = drag
    if (target.why !== null || target.instant === null || target.instant === item.startsAt) release()
    else {
      press = null
      set({ ...drag, phase: 'dropped' })
    }
  }

  const itemOf = (element: Element | null): CalendarItem | null => {
    const chip = element?.closest<HTMLElement>('[data-day] [data-item]')
    const key = chip?.dataset['item']
    const item = around?.items.find((each) => itemKey(each) === key)
    return item !== undefined && around?.canMove === true && canBeOverridden(item) ? item : null
  }

  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0 || drag.phase !== 'idle' || !(event.target instanceof Element)) return
    if (event.shiftKey || event.ctrlKey || event.metaKey) return
    const item = itemOf(event.target)
    const chip = event.target.closest('[data-item]')
    if (item === null || chip === null) return
    const isTouch = event.pointerType === 'touch'
    const { clientX: x, clientY: y, pointerId } = event
    press = { item, pointerId, isTouch, x, y, grip: y - chip.getBoundingClientRect().top }
    pointer = { x, y, step: snap }
    if (isTouch) pressTimer = setTimeout(begin, longPress)
  }
  const onPointerMove = (event: PointerEvent) => {
    if (press === null || event.pointerId !== press.pointerId) return
    pointer = { x: event.clientX, y: event.clientY, step: event.shiftKey ? 1 : snap }
    if (drag.phase === 'idle') {
      const moved = Math.hypot(pointer.x - press.x, pointer.y - press.y)
      if (press.isTouch && moved > touchThreshold) release()
      else if (!press.isTouch && moved >= threshold) begin()
      return
    }
    follow()
    watchSides()
    if (frame === 0) frame = requestAnimationFrame(scrollAtEdge)
  }
  const onPointerUp = (event: PointerEvent) => {
    if (press === null || event.pointerId !== press.pointerId) return
    if (drag.phase !== 'held') return release()
    stopClick(false)
    drop()
  }
  const onPointerCancel = (event: PointerEvent) => {
    if (event.pointerId === press?.pointerId) release()
  }
  const onTouchMove = (event: TouchEvent) => {
    if (drag.phase === 'held') event.preventDefault()
  }
  const onContextMenu = (event: Event) => {
    if (press?.isTouch === true) event.preventDefault()
  }

  const onScroll = () => {
    if (drag.phase === 'held') follow()
    if (drag.phase === 'dropped') set({ ...drag, place: placeOf(drag.target) })
  }

  const showPlace = (target: Target) => {
    const element = scroller()
    const place = placeOf(target)
    if (element === null || place === null) return
    const { top, bottom } = element.getBoundingClientRect()
    if (place.top < top + edge) element.scrollTop -= top + edge - place.top
    if (place.top > bottom - 2 * edge) element.scrollTop += place.top - bottom + 2 * edge
  }
  const moveByKey = (key: string, isFine: boolean): boolean => {
    const step = keyStep(key, isFine ? 1 : snap)
    if (around === null || step === null) return false
    const isNew = drag.phase === 'idle'
    const item = drag.phase === 'held' ? drag.item : itemOf(document.activeElement)
    if (item === null || drag.phase === 'dropped') return false
    const from = drag.phase === 'held' ? drag.target.instant : item.startsAt
    if (from === null) return false
    const instant = stepped(from, step, around.timeZone)
    const found = targetOf(instant, around.days, options(around, snap))
    const target = found ?? { date: '', at: 0, instant, why: null }
    if (isNew) closed = []
    if (found !== null) showPlace(found)
    hold(item, 'keyboard', target)
    if (found === null) {
      const date = Temporal.Instant.fromEpochMilliseconds(instant)
        .toZonedDateTimeISO(around.timeZone)
        .toPlainDate()
      around.showDate(date.toString())
    }
    return true
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const isHeld = drag.phase === 'held'
    const isTaken =
      isHeld && event.key === 'Escape'
        ? (putBack(), true)
        : isHeld && event.key === 'Enter'
          ? (drop(), true)
          : (event.altKey || isHeld) &&
            !event.ctrlKey &&
            !event.metaKey &&
            moveByKey(event.key, event.shiftKey)
    if (!isTaken) return
    event.preventDefault()
    event.stopPropagation()
  }

  return {
    get: () => drag,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    update: (surroundings) => {
      const before = around
      around = surroundings
      if (drag.phase === 'idle' || before === null || before.days === surroundings.days) return
      // Another page is shown: what is held by keys stands at its instant, what is under the pointer there.
      const { target } = drag
      const again =
        target.instant === null
          ? null
          : targetOf(target.instant, surroundings.days, options(surroundings, snap))
      const next = drag.phase === 'held' && drag.by === 'pointer' ? underPointer() : again
      if (next !== null) set({ ...drag, target: next, place: placeOf(next) })
    },
    setClosed: (times) => {
      closed = times
      if (drag.phase !== 'held' || around === null) return
      const { target } = drag
      const day = around.days.find(({ date }) => date === target.date)
      if (day === undefined) return
      const own = options(around, 1)
      const next =
        target.instant === null ? targetAt(day, target.at, own) : targetOf(target.instant, around.days, own)
      if (next !== null) hold(drag.item, drag.by, next)
    },
    release,
    attach: (element) => {
      root = element
      const listen = new AbortController()
      const { signal } = listen
      element.addEventListener('pointerdown', onPointerDown, { signal })
      element.addEventListener('pointermove', onPointerMove, { signal })
      element.addEventListener('pointerup', onPointerUp, { signal })
      element.addEventListener('pointercancel', onPointerCancel, { signal })
      element.addEventListener('touchmove', onTouchMove, { signal, passive: false })
      element.addEventListener('contextmenu', onContextMenu, { signal })
      window.addEventListener('keydown', onKeyDown, { signal, capture: true })
      window.addEventListener('scroll', onScroll, { signal, capture: true })
      window.addEventListener('blur', putBack, { signal })
      return () => {
        listen.abort()
        release()
        root = null
      }
    },
  }
}
