import { useEffectEvent, useLayoutEffect, useRef, type RefObject } from 'react'

/** An element, or what stands for the same item of the calendar since that was drawn elsewhere. */
function drawnNow(element: HTMLElement): HTMLElement | null {
  if (element.isConnected) return element
  const key = element.dataset['item'] ?? element.dataset['items']?.split(' ')[0]
  return key === undefined ? null : drawnAs(key)
}

/** What stands for the item of the calendar with this key, by itself or among others. */
export function drawnAs(key: string): HTMLElement | null {
  const name = CSS.escape(key)
  return document.querySelector<HTMLElement>(`[data-item="${name}"], [data-items~="${name}"]`)
}

/** Gives the focus back to what had it before something was sent: a button that waits for the answer loses it. */
export function useFocusBack(isBusy: boolean): void {
  const before = useRef<Element | null>(null)
  useLayoutEffect(() => {
    if (isBusy) {
      before.current = document.activeElement
      return
    }
    if (document.activeElement === document.body && before.current instanceof HTMLElement)
      before.current.focus({ preventScroll: true })
    before.current = null
  }, [isBusy])
}

/**
 * Gives the focus back to what had it before a dialog opened, also where its code came later than the wish to open it;
 * where that is nothing, or gone, to something else.
 */
export function useOpenerFocus(isOpen: boolean, otherwise?: RefObject<HTMLElement | null>): void {
  const giveBack = useEffectEvent((opener: HTMLElement | null) => {
    if (document.activeElement !== document.body) return
    const back = (opener && drawnNow(opener)) ?? otherwise?.current
    back?.focus({ preventScroll: true })
  })
  useLayoutEffect(() => {
    if (!isOpen) return
    const { activeElement } = document
    const opener =
      activeElement instanceof HTMLElement && activeElement !== document.body ? activeElement : null
    // Once the dialog is gone.
    return () => void setTimeout(() => giveBack(opener))
  }, [isOpen])
}
