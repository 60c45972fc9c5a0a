import { useContext, useSyncExternalStore } from 'react'
import { ClockContext } from './now.ts'

const minute = 60_000

/** The full minute that it is now: for what need not be redrawn every second. */
export function useMinute(): number {
  const clock = useContext(ClockContext)
  return useSyncExternalStore(clock.subscribe, () => Math.floor(clock.get() / minute) * minute)
}
