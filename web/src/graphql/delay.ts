import { useSyncExternalStore } from 'react'

/** So long one slow answer counts, in milliseconds. */
const memory = 60_000

interface Delays {
  /** A change took that many milliseconds to show. */
  told: (after: number) => void
  /** The longest of late, in milliseconds. */
  get: () => number
  subscribe: (listener: () => void) => () => void
}

/** Keeps how long changes take to show: the longest of the last minute. */
export function createDelays(now: () => number): Delays {
  let recent: readonly { at: number; after: number }[] = []
  let longest = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const listeners = new Set<() => void>()
  const look = () => {
    clearTimeout(timer)
    recent = recent.filter(({ at }) => at + memory > now())
    const before = longest
    longest = Math.max(0, ...recent.map(({ after }) => after))
    if (recent[0] !== undefined) timer = setTimeout(look, recent[0].at + memory - now())
    if (longest !== before) for (const listener of listeners) listener()
  }
  return {
    told: (after) => {
      // One that is shorter than a later one never is the longest.
      recent = [...recent.filter((each) => each.after > after), { at: now(), after }]
      look()
    },
    get: () => longest,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** How long changes take to show on this page. */
export const delays = createDelays(() => performance.now())

/** The same in full seconds, as often as it changes. */
export function useDelay(): number {
  return useSyncExternalStore(delays.subscribe, () => Math.ceil(delays.get() / 1000))
}
