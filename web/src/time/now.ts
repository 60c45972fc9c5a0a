import { createContext, useContext, useSyncExternalStore } from 'react'
import { serverTime } from './serverTime.ts'

/** Tells the time by the second to all who listen, with one timer. */
export interface Clock {
  get: () => number
  subscribe: (listener: () => void) => () => void
}

/** Makes a clock that ticks at full seconds while anyone listens. */
export function createClock(read: () => number): Clock {
  const whole = () => Math.floor(read() / 1000) * 1000
  let current = whole()
  let timer: ReturnType<typeof setTimeout> | undefined
  const listeners = new Set<() => void>()
  const tick = () => {
    current = whole()
    for (const listener of listeners) listener()
    timer = setTimeout(tick, 1000 - (read() % 1000))
  }
  return {
    get: () => current,
    subscribe: (listener) => {
      listeners.add(listener)
      if (timer === undefined) {
        current = whole()
        timer = setTimeout(tick, 1000 - (read() % 1000))
      }
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        clearTimeout(timer)
        timer = undefined
      }
    },
  }
}

/** The clock that everything below reads. */
export const ClockContext = createContext<Clock>(createClock(serverTime.now))

/** Now, in milliseconds since 1970, by the second. */
export function useNow(): number {
  const clock = useContext(ClockContext)
  return useSyncExternalStore(clock.subscribe, clock.get)
}
