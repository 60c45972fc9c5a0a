import { keyStep, stepped } from '../drag/dragTarget.ts'
import { createPresses, isElsewhere } from '../grid/press.ts'
import { slotPlace, slotUnder, type Slot, type SlotPlace, type SlotSurroundings } from './slotPlaces.ts'

/**
 *   idle ──press on an empty place──► pressed ──moved 5 px, ──► choosing ──release, Enter──► chosen
 *    ▲ │                                 │  or held 400 ms by touch                           ▲ │
 *    │ │                                 └──────────release───────────────────────────────────┤ │
 *    │ └──Shift+C──────────────────────────────────────► choosing                               │
 *    └──────────────────────────Esc, answered──────────────────────────────────────────────────┘
 */
type SlotState =
  | { phase: 'idle' }
  | {
      phase: 'choosing' | 'chosen'
      by: 'pointer' | 'keyboard'
      slot: Slot
      place: SlotPlace | null
      /** Where the pointer chose it, across the window; null by keys. */
      x: number | null
    }

export interface SlotController {
  get: () => SlotState
  subscribe: (listener: () => void) => () => void
  /** Tells what is shown now. */
  update: (surroundings: SlotSurroundings) => void
  release: () => void
  /** Listens within an element. */
  attach: (root: HTMLElement) => () => void
}

const halfHour = 30
const quarter = 15
const minute = 60_000
const idle: SlotState = { phase: 'idle' }

/** Chooses an empty place of a grid of hours, or of a lane, by pointer and keys. */
export function createSlotController(): SlotController {
  let state: SlotState = idle
  let around: SlotSurroundings | null = null
  let root: HTMLElement | null = null
  const listeners = new Set<() => void>()

  const set = (next: SlotState) => {
    state = next
    for (const listener of listeners) listener()
  }
  const release = () => {
    presses.end()
    if (state.phase !== 'idle') set(idle)
  }
  const show = (
    phase: 'choosing' | 'chosen',
    by: 'pointer' | 'keyboard',
    slot: Slot,
    x: number | null = null,
  ) => {
    const place = root === null || around === null ? null : slotPlace(root, slot, around)
    set({ phase, by, slot, place, x })
  }
  const under = (x: number, y: number, step: number) =>
    root === null || around === null ? null : slotUnder(root, { x, y }, step, around)

  /** From where it was pressed to where it is, either way round. */
  const range = (first: Slot, to: Slot, step: number): Slot => {
    const start = Math.min(first.start, to.start)
    const end = Math.max(first.start, to.start) + step * minute
    return { ...first, start, end }
  }

  const presses = createPresses<{ first: Slot }>({
    pressed: (event) => {
      if (state.phase !== 'idle' || around === null || !around.canCreate) return null
      if (event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return null
      if (!(event.target instanceof Element) || event.target.closest('button, a, input') !== null) return null
      if (event.target.closest('[data-day], [data-track]') === null) return null
      // A finger that has missed what it was to select makes nothing.
      if (event.pointerType === 'touch' && root?.closest('[data-selecting]')) return null
      const first = under(event.clientX, event.clientY, quarter)
      return first === null ? null : { first }
    },
    /** By touch a place is chosen by a long press, and a range of it by going on. */
    onLong: () => {
      const press = presses.get()
      if (press === null || state.phase !== 'idle') return
      const slot = under(press.x, press.y, halfHour)
      if (slot === null) return
      presses.capture()
      show('choosing', 'pointer', slot, press.x)
    },
    onMove: (press, event) => {
      const { clientX: x, clientY: y } = event
      if (!isElsewhere(press, event)) return
      if (state.phase === 'idle') {
        if (press.isTouch) return release()
        presses.capture()
      }
      const step = event.shiftKey ? 1 : quarter
      // Only along the day, or the lane, on which it began.
      const to = under(around?.view === 'lanes' ? x : press.x, around?.view === 'lanes' ? press.y : y, step)
      if (to !== null) show('choosing', 'pointer', range(press.first, to, step), x)
    },
    onUp: ({ x, y }) => {
      presses.end()
      if (state.phase === 'choosing') return set({ ...state, phase: 'chosen' })
      const slot = under(x, y, halfHour)
      if (slot !== null) show('chosen', 'pointer', slot, x)
    },
    onCancel: release,
    isTaken: () => state.phase === 'choosing' && state.by === 'pointer',
  })

  const beginByKey = () => {
    if (around === null || !around.canCreate || state.phase !== 'idle') return
    show('choosing', 'keyboard', around.firstSlot())
  }
  const moveByKey = (key: string, isLonger: boolean): boolean => {
    if (state.phase !== 'choosing' || state.by !== 'keyboard' || around === null) return false
    const isAcross = around.view === 'lanes'
    const along = isAcross ? { ArrowLeft: 'ArrowUp', ArrowRight: 'ArrowDown' } : {}
    const step = keyStep((along as Record<string, string>)[key] ?? key, quarter)
    if (step === null) return false
    const { slot } = state
    if (isLonger && 'minutes' in step) {
      const end = (slot.end ?? slot.start + quarter * minute) + step.minutes * minute
      show('choosing', 'keyboard', { ...slot, end: end > slot.start + quarter * minute ? end : null })
    } else {
      const start = stepped(slot.start, step, around.timeZone)
      const end = slot.end === null ? null : start + (slot.end - slot.start)
      if (start < around.start || start >= around.end) around.showDate(start)
      show('choosing', 'keyboard', { ...slot, start, end })
    }
    return true
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || state.phase !== 'choosing') return
    const isTaken =
      event.key === 'Escape'
        ? (release(), true)
        : event.key === 'Enter'
          ? (set({ ...state, phase: 'chosen' }), true)
          : moveByKey(event.key, event.shiftKey)
    if (!isTaken) return
    event.preventDefault()
    event.stopPropagation()
  }
  const onBegin = (event: KeyboardEvent) => {
    const { target } = event
    const isTyping =
      target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'))
    if (event.key !== 'C' || !event.shiftKey || event.ctrlKey || event.metaKey || event.altKey || isTyping)
      return
    beginByKey()
  }
  const onScroll = () => {
    if (state.phase !== 'idle') show(state.phase, state.by, state.slot, state.x)
  }

  return {
    get: () => state,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    update: (surroundings) => {
      const before = around
      around = surroundings
      if (state.phase !== 'idle' && before?.days !== surroundings.days) onScroll()
    },
    release,
    attach: (element) => {
      root = element
      const listen = new AbortController()
      const { signal } = listen
      presses.attach(element, signal)
      window.addEventListener('keydown', onKeyDown, { signal, capture: true })
      window.addEventListener('keydown', onBegin, { signal })
      window.addEventListener('scroll', onScroll, { signal, capture: true })
      window.addEventListener('resize', onScroll, { signal })
      return () => {
        listen.abort()
        release()
        root = null
      }
    },
  }
}
