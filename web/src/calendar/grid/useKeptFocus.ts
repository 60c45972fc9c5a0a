import { useEffect, useLayoutEffect, useRef } from 'react'
import { drawnNow } from '../../panel/useFocusBack.ts'

/** Keeps the focus on an item that is drawn elsewhere now: moved, taken back, or among others of its place. */
export function useKeptFocus(): void {
  const focused = useRef<HTMLElement | null>(null)
  useEffect(() => {
    const listening = new AbortController()
    const options = { capture: true, signal: listening.signal }
    const onFocus = ({ target }: FocusEvent) => {
      const isItem = target instanceof HTMLElement && target.matches('[data-item], [data-items]')
      focused.current = isItem ? target : null
    }
    document.addEventListener('focusin', onFocus, options)
    // A press on an empty place takes the focus away, which no other element gets.
    document.addEventListener('pointerdown', () => void (focused.current = null), options)
    return () => listening.abort()
  }, [])
  useLayoutEffect(() => {
    const before = focused.current
    if (before === null || before.isConnected || document.activeElement !== document.body) return
    drawnNow(before)?.focus({ preventScroll: true })
  })
}
