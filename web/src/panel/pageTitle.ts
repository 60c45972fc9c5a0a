import { useEffect, useSyncExternalStore } from 'react'

let current: string | null = null
const listeners = new Set<() => void>()

function set(title: string | null): void {
  current = title
  for (const listener of listeners) listener()
}

/** Names the window after what the page shows, once that is known. */
export function useWindowTitle(title: string | null | undefined): void {
  useEffect(() => {
    if (title === null || title === undefined) return
    set(title)
    return () => {
      if (current === title) set(null)
    }
  }, [title])
}

/** What the page that is shown calls itself; null where it has no name of its own. */
export function usePageTitle(): string | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => current,
  )
}
