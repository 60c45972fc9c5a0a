import { useNavigate } from '@tanstack/react-router'
import { useMemo, useRef, useState } from 'react'
import { findItem, itemKey, type CalendarItem } from '../items/calendarItem.ts'
import type { OpenItems } from '../items/ItemChip.tsx'

interface OpenState {
  /** What shares one place, when that was chosen. */
  listed: readonly CalendarItem[]
  /** The one item whose details are shown. */
  opened: CalendarItem | null
  openKeys: ReadonlySet<string>
  /** Where the opened item is drawn. */
  anchor: () => Element | null
  show: OpenItems
  select: (item: CalendarItem, element: HTMLElement) => void
  /** Closes what was opened last, and gives the focus back. */
  close: () => void
  /** Closes the details; the focus is elsewhere already. */
  leave: () => void
}

/** What of the calendar is open: one item, which is in the address, or a list of those at one place. */
export function useOpenItems(
  items: readonly CalendarItem[] | null,
  /** As they were before changes that are not answered: what is moved out of the window stays open until it is. */
  answered: readonly CalendarItem[] | null,
  itemOfAddress: string | undefined,
  /** What came out of the pile that was opened last. */
  unpiled: ReadonlySet<string>,
): OpenState {
  const navigate = useNavigate()
  const [keys, setKeys] = useState<readonly string[]>([])
  const opener = useRef<HTMLElement | null>(null)
  const lister = useRef<HTMLElement | null>(null)
  const listed = useMemo(() => {
    const wanted = new Set(keys)
    const hasPile = keys.some((key) => key.startsWith('pile:'))
    return wanted.size === 0
      ? []
      : (items ?? []).filter((item) => {
          const key = itemKey(item)
          return wanted.has(key) || (hasPile && unpiled.has(key))
        })
  }, [items, keys, unpiled])
  const opened = useMemo(
    () =>
      itemOfAddress === undefined
        ? null
        : (findItem(items ?? [], itemOfAddress) ?? findItem(answered ?? [], itemOfAddress)),
    [items, answered, itemOfAddress],
  )
  const openedKey = opened === null ? undefined : itemKey(opened)
  const openKeys = useMemo(
    () => new Set(openedKey === undefined ? keys : [...keys, openedKey]),
    [keys, openedKey],
  )

  const open = (item: string | undefined) =>
    void navigate({ to: '.', search: (old) => ({ ...old, item }), replace: true })
  const anchor = () => {
    const drawn =
      openedKey === undefined ? null : document.querySelector(`[data-item="${CSS.escape(openedKey)}"]`)
    return opener.current?.isConnected === true && opener.current.dataset['item'] === undefined
      ? opener.current
      : drawn
  }
  const select = (item: CalendarItem, element: HTMLElement) => {
    opener.current = element
    open(itemKey(item))
  }
  const focus = (element: Element | null) => {
    if (element instanceof HTMLElement) element.focus({ preventScroll: true })
  }
  return {
    listed,
    opened,
    openKeys,
    anchor,
    show: (chosen, element) => {
      const [only] = chosen
      if (chosen.length === 1 && only !== undefined && only.kind !== 'pile') {
        setKeys([])
        select(only, element)
      } else {
        lister.current = element
        setKeys(chosen.map(itemKey))
        if (itemOfAddress !== undefined) open(undefined)
      }
    },
    select,
    close: () => {
      if (itemOfAddress !== undefined) {
        open(undefined)
        focus(anchor())
      } else if (keys.length > 0) {
        setKeys([])
        focus(lister.current)
      }
    },
    leave: () => itemOfAddress !== undefined && open(undefined),
  }
}
