import { startTransition, useEffect, useEffectEvent, useRef, useState } from 'react'
import { drawnAs } from '../../panel/useFocusBack.ts'

/**
 * Keeps the focus on an item that is drawn elsewhere now: moved, taken back, started, or among others of its place. Returns
 * the key of the item that has the focus, which no pile takes meanwhile; where there are piles, it is told. `keyNow` answers
 * the key that an item has by now, from the one that it had.
 */
export function useKeptFocus(isTold: boolean, keyNow: (key: string) => string): string | null {
  const focused = useRef<HTMLElement | null>(null)
  const [key, setKey] = useState<string | null>(null)
  useEffect(() => {
    const listening = new AbortController()
    const options = { capture: true, signal: listening.signal }
    let isPressed = false
    // What is under the pointer does not make way between press and release.
    const tell = () => {
      if (isTold && !isPressed) startTransition(() => setKey(focused.current?.dataset['item'] ?? null))
    }
    const onFocus = ({ target }: FocusEvent) => {
      const isItem = target instanceof HTMLElement && target.matches('[data-item], [data-items]')
      focused.current = isItem ? target : null
      // What a dialog asks is about the item, which gets the focus back.
      if (!(target instanceof Element) || target.closest('[role="dialog"]') === null) tell()
    }
    const onPress = ({ target }: PointerEvent) => {
      isPressed = true
      // A press on an empty place takes the focus away, which no other element gets.
      if (!(target instanceof Node) || focused.current?.contains(target) !== true) focused.current = null
    }
    const onRelease = () => {
      isPressed = false
      // After the click.
      setTimeout(tell)
    }
    document.addEventListener('focusin', onFocus, options)
    document.addEventListener('pointerdown', onPress, options)
    document.addEventListener('pointerup', onRelease, options)
    document.addEventListener('pointercancel', onRelease, options)
    return () => listening.abort()
  }, [isTold])
  const keep = useEffectEvent(() => {
    const before = focused.current
    if (before === null || before.isConnected || document.activeElement !== document.body) return
    const own = before.dataset['item']
    const keyed = own === undefined ? before.dataset['items']?.split(' ')[0] : keyNow(own)
    const now = keyed === undefined ? null : drawnAs(keyed)
    // Once it is known to have the focus it has a chip of its own.
    if (isTold && own !== undefined && own !== key && now?.dataset['item'] !== keyed) setKey(own)
    else now?.focus({ preventScroll: true })
  })
  useEffect(() => {
    // Any part of the page may draw it elsewhere, without this one. Asked before the next key is heard.
    const watching = new MutationObserver(() => keep())
    watching.observe(document.body, { childList: true, subtree: true })
    return () => watching.disconnect()
  }, [])
  return key
}
