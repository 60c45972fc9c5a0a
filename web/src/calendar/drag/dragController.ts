import { itemKey, type CalendarItem } from '../items/calendarItem.ts'
import { createPresses } from '../grid/press.ts'
import { canBeOverridden } from '../details/occurrenceOverride.ts'
import { dragPlaces, type DragPlaces, type GhostPlace, type PlacesAround } from './dragPlaces.ts'
import { everywhere, stepped, targetAtInstant, type ClosedTime, type Target } from './dragTarget.ts'

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
export interface DragSurroundings extends Omit<PlacesAround, 'closed'> {
  items: readonly CalendarItem[]
  /** Why someone may not move an occurrence at all; null where they may. */
  whyKept: (item: CalendarItem) => string | null
  /** Says it, where a key tried. */
  tellKept: (item: CalendarItem, why: string) => void
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

const edge = 40
const pageDelay = 700
const snap = 15

interface Pressed {
  item: CalendarItem
  /** From the left and upper edge of the occurrence to the pointer. */
  grip: { x: number; y: number }
}

const idle: Drag = { phase: 'idle' }

/** How far a point is within the margin along an edge, or beyond it; before its begin it is negative. */
function overEdge(at: number, from: number, to: number): number {
  return at < from + edge ? at - from - edge : Math.max(0, at - to + edge)
}

const speed = (over: number) => Math.max(-20, Math.min(20, over / 3))

/** Holds and drops occurrences in a calendar, by pointer, touch and keys; knows the calendar only by its places. */
export function createDragController(): DragController {
  let drag: Drag = idle
  let around: DragSurroundings | null = null
  let closed: readonly ClosedTime[] = []
  let pointer = { x: 0, y: 0, step: snap }
  let root: HTMLElement | null = null
  let pageTimer: ReturnType<typeof setTimeout> | undefined
  let frame = 0
  const listeners = new Set<() => void>()

  const set = (next: Drag) => {
    drag = next
    for (const listener of listeners) listener()
  }
  const places = (): DragPlaces | null => (around === null ? null : dragPlaces(around.view))
  const withClosed = (surroundings: DragSurroundings, item: CalendarItem): PlacesAround => {
    const why = surroundings.whyKept(item)
    return { ...surroundings, closed: why === null ? closed : [everywhere(why)] }
  }
  const scroller = () => (root === null ? null : (places()?.scroller(root) ?? null))

  const placeOf = (target: Target, item: CalendarItem): GhostPlace | null =>
    root === null || around === null
      ? null
      : (places()?.ghost(root, target, item, withClosed(around, item)) ?? null)
  const hold = (item: CalendarItem, by: Held['by'], target: Target) =>
    set({ phase: 'held', item, by, target, place: placeOf(target, item) })

  const underPointer = (item: CalendarItem): Target | null => {
    const own = places()
    if (root === null || around === null || own === null) return null
    const press = presses.get()
    // A long press that has not moved yet holds it where it is.
    if (press?.hasMoved === false) return own.targetOf(item.startsAt, withClosed(around, item))
    return own.under(
      root,
      pointer,
      press?.grip ?? { x: 0, y: 0 },
      pointer.step,
      item,
      withClosed(around, item),
    )
  }

  const stopTimers = () => {
    clearTimeout(pageTimer)
    cancelAnimationFrame(frame)
    pageTimer = undefined
    frame = 0
  }
  const release = () => {
    stopTimers()
    presses.end()
    closed = []
    if (drag.phase !== 'idle') set(idle)
  }

  /**
   * Letting go is not a click on what lies below, even where Esc has put back what was held: then the button is still
   * down.
   */
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

  /** Turns a page after a while at its side, once there is nothing more to scroll to. */
  const watchSides = () => {
    const seen = root === null ? null : places()?.seen(root)
    const element = scroller()
    const rest = element === null ? 0 : element.scrollWidth - element.clientWidth - element.scrollLeft
    const side =
      !seen || element === null
        ? 0
        : pointer.x < seen.left - 4 && element.scrollLeft <= 0
          ? -1
          : pointer.x > seen.right - 8 && rest <= 1
            ? 1
            : 0
    if (side === 0) {
      clearTimeout(pageTimer)
      pageTimer = undefined
      return
    }
    pageTimer ??= setTimeout(() => {
      pageTimer = undefined
      const date =
        around === null || drag.phase === 'idle'
          ? null
          : places()?.nextPage(side, withClosed(around, drag.item))
      if (!date) return
      around?.showDate(date)
      watchSides()
    }, pageDelay)
  }
  const follow = () => {
    if (drag.phase !== 'held') return
    const target = drag.by === 'pointer' ? underPointer(drag.item) : drag.target
    if (target !== null) hold(drag.item, drag.by, target)
  }
  /** Scrolls while the pointer is near an edge. */
  const scrollAtEdge = () => {
    frame = 0
    const element = scroller()
    const seen = root === null ? null : places()?.seen(root)
    if (drag.phase !== 'held' || drag.by !== 'pointer' || element === null || !seen) return
    const isAcross = element.scrollWidth > element.clientWidth + 1
    const x = isAcross ? overEdge(pointer.x, seen.left, seen.right) : 0
    const y = overEdge(pointer.y, seen.top, seen.bottom)
    if (x === 0 && y === 0) return
    element.scrollLeft += speed(x)
    element.scrollTop += speed(y)
    follow()
    watchSides()
    frame = requestAnimationFrame(scrollAtEdge)
  }

  const begin = () => {
    const press = presses.get()
    if (press === null) return
    const target = underPointer(press.item)
    if (target === null) return
    presses.capture()
    hold(press.item, 'pointer', target)
  }
  const drop = () => {
    stopTimers()
    if (drag.phase !== 'held') return
    const { item, target } = drag
    if (target.why !== null || target.instant === null || target.instant === item.startsAt) release()
    else {
      presses.forget()
      set({ ...drag, phase: 'dropped' })
    }
  }

  const itemOf = (element: Element | null): CalendarItem | null => {
    const own = places()
    const chip = own === null ? null : element?.closest<HTMLElement>(`${own.selector} [data-item]`)
    const key = chip?.dataset['item']
    const item = around?.items.find((each) => itemKey(each) === key)
    return item !== undefined && canBeOverridden(item) ? item : null
  }

  const presses = createPresses<Pressed>({
    pressed: (event) => {
      if (drag.phase !== 'idle' || !(event.target instanceof Element)) return null
      if (event.shiftKey || event.ctrlKey || event.metaKey) return null
      const item = itemOf(event.target)
      const chip = event.target.closest('[data-item]')
      if (item === null || chip === null) return null
      const { clientX: x, clientY: y } = event
      const { left, top } = chip.getBoundingClientRect()
      pointer = { x, y, step: snap }
      return { item, grip: { x: x - left, y: y - top } }
    },
    onLong: begin,
    onMove: (press, event) => {
      pointer = { x: event.clientX, y: event.clientY, step: event.shiftKey ? 1 : snap }
      if (drag.phase === 'idle') {
        if (press.hasMoved) (press.isTouch ? release : begin)()
        return
      }
      follow()
      watchSides()
      if (frame === 0) frame = requestAnimationFrame(scrollAtEdge)
    },
    onUp: () => {
      if (drag.phase !== 'held') return release()
      stopClick(false)
      drop()
    },
    onCancel: release,
    isTaken: () => drag.phase === 'held',
  })

  const onScroll = () => {
    if (drag.phase === 'held') follow()
    if (drag.phase === 'dropped') set({ ...drag, place: placeOf(drag.target, drag.item) })
  }

  const showPlace = (target: Target, item: CalendarItem) => {
    const element = scroller()
    const seen = root === null ? null : places()?.seen(root)
    const place = placeOf(target, item)
    if (element === null || !seen || place === null) return
    if (place.top < seen.top + edge) element.scrollTop -= seen.top + edge - place.top
    if (place.top > seen.bottom - 2 * edge) element.scrollTop += place.top - seen.bottom + 2 * edge
    if (place.left < seen.left) element.scrollLeft -= seen.left + edge - place.left
    if (place.left > seen.right - edge) element.scrollLeft += place.left - seen.right + 2 * edge
  }
  const moveByKey = (key: string, isFine: boolean): boolean => {
    const own = places()
    const step = own?.keyStep(key, isFine ? 1 : snap)
    if (around === null || !own || !step) return false
    const isNew = drag.phase === 'idle'
    const item = drag.phase === 'held' ? drag.item : itemOf(document.activeElement)
    if (item === null || drag.phase === 'dropped') return false
    const from = drag.phase === 'held' ? drag.target.instant : item.startsAt
    if (from === null) return false
    const why = isNew ? around.whyKept(item) : null
    if (why !== null) {
      around.tellKept(item, why)
      return true
    }
    if (isNew) closed = []
    const instant = stepped(from, step, around.timeZone)
    const found = own.targetOf(instant, withClosed(around, item))
    if (found !== null) showPlace(found, item)
    const target = found ?? { ...targetAtInstant(instant, withClosed(around, item)), date: '' }
    hold(item, 'keyboard', target)
    if (found === null) around.showDate(targetAtInstant(instant, withClosed(around, item)).date)
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
      if (drag.phase === 'idle' || before === null) return
      const isKept = surroundings.whyKept(drag.item) !== before.whyKept(drag.item)
      if (!isKept && before.days === surroundings.days && before.items === surroundings.items) return
      // Another page is shown, or what it holds has come: what is held by keys stays at its instant, what is held by the pointer stays under it.
      const { target, item } = drag
      const again =
        target.instant === null
          ? null
          : (dragPlaces(surroundings.view)?.targetOf(target.instant, withClosed(surroundings, item)) ?? null)
      const next = drag.phase === 'held' && drag.by === 'pointer' ? underPointer(item) : again
      if (next !== null) set({ ...drag, target: next, place: placeOf(next, item) })
    },
    setClosed: (times) => {
      closed = times
      if (drag.phase !== 'held' || around === null || drag.target.instant === null) return
      const next = places()?.targetOf(drag.target.instant, withClosed(around, drag.item))
      if (next) hold(drag.item, drag.by, next)
    },
    release,
    attach: (element) => {
      root = element
      const listen = new AbortController()
      const { signal } = listen
      presses.attach(element, signal)
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
