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

/** Gives the focus back to what had it before a dialog opened, also where its code came later than the wish to open it. */
export function useOpenerFocus(isOpen: boolean): void {
  useLayoutEffect(() => {
    if (!isOpen) return
    const opener = document.activeElement
    return () => {
      // Once the dialog is gone.
      setTimeout(() => {
        if (document.activeElement === document.body && opener instanceof HTMLElement)
          opener.focus({ preventScroll: true })
      })
    }
  }, [isOpen])
}
