import { createContext, useContext } from 'react'
import type { Line } from './line.ts'
import { refetchEverything } from './live.ts'

/** The line of the page; null where there is none, as in the gallery. */
export const LineContext = createContext<Pick<Line, 'tryNow'> | null>(null)

/** Opens the line and asks for everything now, not at the next try. */
export function useTryNow(): () => void {
  const line = useContext(LineContext)
  return () => {
    line?.tryNow()
    refetchEverything()
  }
}
