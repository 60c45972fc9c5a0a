import { Suspense, useEffect, useEffectEvent, useRef, useSyncExternalStore, type ReactNode } from 'react'
import { later } from '../../panel/later.ts'
import { useOpenerFocus } from '../../panel/useFocusBack.ts'
import type { BulkChanges } from '../changes/bulkChanges.ts'
import { itemKey, type CalendarItem } from '../items/calendarItem.ts'
import { watchLongPress } from './longPress.ts'
import { SelectionContext, type Selection } from './selection.ts'
import './select.css'

const SelectionBar = later(() => import('./SelectionBar.tsx'), 'SelectionBar')

interface SelectLayerProps {
  selection: Selection
  items: readonly CalendarItem[]
  window: { start: number; end: number }
  timeZone: string
  now: number
  canChange: boolean
  bulk: BulkChanges
  /** The calendar. */
  children: ReactNode
}

const arrows = ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight']

/**
 * The calendar with items of which several can be chosen: Ctrl or ⌘ with a click or the space key, Shift with arrows; by
 * touch a long press for the first, taps for the others.
 */
export function SelectLayer(props: SelectLayerProps) {
  const { selection, items, timeZone, now, canChange, bulk, children } = props
  const { start, end } = props.window
  const root = useRef<HTMLDivElement>(null)
  const selected = useSyncExternalStore(selection.subscribe, selection.get)
  const deed = useSyncExternalStore(selection.subscribe, selection.deed)
  useOpenerFocus(selected.size > 0)
  useOpenerFocus(deed !== null)
  useEffect(() => selection.update(items, { start, end }), [selection, items, start, end])

  const itemsOf = (element: EventTarget | null): readonly CalendarItem[] => {
    const chip = element instanceof Element ? element.closest<HTMLElement>('[data-item], [data-items]') : null
    if (chip === null || !canChange) return []
    const keys = new Set((chip.dataset['items'] ?? chip.dataset['item'] ?? '').split(' '))
    return items.filter((item) => keys.has(itemKey(item)))
  }
  const chosenUnder = useEffectEvent((target: EventTarget | null) => {
    const chosen = itemsOf(target)
    return chosen.length === 0 ? null : chosen
  })
  const onClick = useEffectEvent((event: MouseEvent, isTouch: boolean) => {
    const isTap = isTouch && selection.get().size > 0
    if (!event.ctrlKey && !event.metaKey && !isTap) return
    const chosen = itemsOf(event.target)
    if (chosen.length === 0) return
    event.preventDefault()
    event.stopPropagation()
    selection.toggle(chosen)
  })
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    const { key, shiftKey, altKey } = event
    const isModified = event.ctrlKey || event.metaKey
    if (shiftKey && !altKey && !isModified && arrows.includes(key)) {
      const first = itemsOf(document.activeElement)
      if (first.length === 0) return
      selection.add(first)
      // The grid moves the focus by the same key: what has it then is selected too.
      setTimeout(() => selection.add(itemsOf(document.activeElement)))
    } else if (isModified && key === ' ') {
      const chosen = itemsOf(document.activeElement)
      if (chosen.length === 0) return
      event.preventDefault()
      selection.toggle(chosen)
    }
  })
  const onEscape = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== 'Escape' || selection.get().size === 0) return
    event.preventDefault()
    event.stopPropagation()
    if (selection.deed() === null) selection.clear()
    else selection.ask(null)
  })
  useEffect(() => {
    const element = root.current
    const listen = new AbortController()
    const { signal } = listen
    const stop =
      element &&
      watchLongPress(element, {
        under: (target) => chosenUnder(target),
        onChosen: (chosen) => selection.toggle(chosen),
      })
    let isTouch = false
    const onPointerDown = (event: PointerEvent) => void (isTouch = event.pointerType === 'touch')
    element?.addEventListener('pointerdown', onPointerDown, { signal, capture: true })
    element?.addEventListener('click', (event) => onClick(event, isTouch), { signal, capture: true })
    element?.addEventListener('keydown', (event) => onKeyDown(event), { signal, capture: true })
    window.addEventListener('keydown', (event) => onEscape(event), { signal, capture: true })
    return () => {
      listen.abort()
      stop?.()
    }
  }, [selection])

  return (
    <SelectionContext value={selection}>
      <div ref={root} className="select-root" data-selecting={selected.size > 0 || undefined}>
        {children}
      </div>
      <div role="status" className="visually-hidden">
        {selected.size > 0 && `${selected.size} selected`}
      </div>
      {selected.size > 0 && (
        <Suspense>
          <SelectionBar
            items={[...selected.values()]}
            {...{ deed, timeZone, now, bulk }}
            onAsk={selection.ask}
            onClear={selection.clear}
          />
        </Suspense>
      )}
    </SelectionContext>
  )
}
