import { useEffect, useId, useSyncExternalStore } from 'react'

/** What parts of a page tell its frame. */
interface Told {
  /** Tells it as long as the part is shown; null: nothing. */
  readonly useTell: (text: string | null) => void
  /** What is told now, each text once. */
  readonly useTold: () => readonly string[]
}

export function createTold(): Told {
  const byPart = new Map<string, string>()
  const listeners = new Set<() => void>()
  let told: readonly string[] = []
  const changed = () => {
    told = [...new Set(byPart.values())]
    for (const listener of listeners) listener()
  }
  const subscribe = (listener: () => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  return {
    useTell: (text) => {
      const part = useId()
      useEffect(() => {
        if (text === null) return
        byPart.set(part, text)
        changed()
        return () => {
          byPart.delete(part)
          changed()
        }
      }, [part, text])
    },
    useTold: () => useSyncExternalStore(subscribe, () => told),
  }
}
