import { useSyncExternalStore } from 'react'

let times = 0
const listeners = new Set<() => void>()

/** Asks the view that is shown to show now, wherever it has been scrolled to. */
export function askForNow(): void {
  times += 1
  for (const listener of listeners) listener()
}

/** How often now has been asked for. */
export function useNowAsked(): number {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => times,
  )
}
