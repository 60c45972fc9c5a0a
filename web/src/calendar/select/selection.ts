import { createContext, useContext, useSyncExternalStore } from 'react'
import { findItem, itemKey, type CalendarItem } from '../items/calendarItem.ts'

/** What is to be done with all that is selected. */
export type Deed = 'skip' | 'move' | 'pause'

export interface Selection {
  /** By their keys, in the order in which they were chosen. */
  get: () => ReadonlyMap<string, CalendarItem>
  /** What is asked of them; null while nothing is. */
  deed: () => Deed | null
  ask: (deed: Deed | null) => void
  add: (items: readonly CalendarItem[]) => void
  /** Takes them out where all are in, otherwise adds them. */
  toggle: (items: readonly CalendarItem[]) => void
  clear: () => void
  /** Tells how they are now: what is in the window but is shown no longer is selected no longer. */
  update: (shown: readonly CalendarItem[], window: { start: number; end: number }) => void
  subscribe: (listener: () => void) => () => void
}

/** More are not selected at once. */
export const mostSelected = 200

const kinds: readonly CalendarItem['kind'][] = ['run', 'occurrence', 'omitted']

/** Whether it can be selected: it is one run or occurrence, not a count of many. */
function canBeSelected(item: CalendarItem): boolean {
  return kinds.includes(item.kind)
}

/** Keeps which items of the calendar are selected. */
export function createSelection(): Selection {
  let selected: ReadonlyMap<string, CalendarItem> = new Map()
  let asked: Deed | null = null
  const listeners = new Set<() => void>()
  const set = (next: ReadonlyMap<string, CalendarItem>, deed: Deed | null) => {
    selected = next
    asked = next.size === 0 ? null : deed
    for (const listener of listeners) listener()
  }
  const add = (items: readonly CalendarItem[]) => {
    const next = new Map(selected)
    for (const item of items)
      if (canBeSelected(item) && next.size < mostSelected) next.set(itemKey(item), item)
    set(next, asked)
  }
  return {
    get: () => selected,
    deed: () => asked,
    ask: (deed) => set(selected, deed),
    add,
    toggle: (items) => {
      const keys = items.filter(canBeSelected).map(itemKey)
      if (!keys.every((key) => selected.has(key))) return add(items)
      set(new Map([...selected].filter(([key]) => !keys.includes(key))), asked)
    },
    clear: () => selected.size > 0 && set(new Map(), null),
    update: (shown, { start, end }) => {
      if (selected.size === 0) return
      const next = [...selected].flatMap(([key, item]): [string, CalendarItem][] => {
        const now = findItem(shown, key)
        if (now !== null) return [[itemKey(now), now]]
        return item.startsAt >= start && item.startsAt < end ? [] : [[key, item]]
      })
      const isSame = next.length === selected.size && next.every(([key, item]) => selected.get(key) === item)
      if (!isSame) set(new Map(next), asked)
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** What is selected on the page; where there is no page of a calendar, nothing. */
export const SelectionContext = createContext<Selection>(createSelection())

/** Whether an item is selected. */
export function useIsSelected(key: string): boolean {
  const selection = useContext(SelectionContext)
  return useSyncExternalStore(selection.subscribe, () => selection.get().has(key))
}

/** Whether all of some items are selected, of those that can be. */
export function useAreSelected(items: readonly CalendarItem[]): boolean {
  const selection = useContext(SelectionContext)
  return useSyncExternalStore(selection.subscribe, () => {
    const own = selection.get()
    if (own.size === 0) return false
    const keys = items.filter(canBeSelected).map(itemKey)
    return keys.length > 0 && keys.every((key) => own.has(key))
  })
}
