import { useLayoutEffect, useRef } from 'react'

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
