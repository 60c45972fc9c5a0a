import { useLocalStorage, useMediaQuery } from '@mantine/hooks'
import { useState } from 'react'
import type { CalendarView } from '../grid/calendarRange.ts'

const immediately = { getInitialValueInEffect: false }

/**
 * Whether the strip is folded to its counts, and a way to change that, which is kept. Seven days need the room more than one.
 * Where it has no place next to the calendar it is unfolded over it, for as long as it takes.
 */
export function useStripFold(view: CalendarView): { isFolded: boolean; toggle: () => void } {
  const isNarrow = useMediaQuery('(max-width: 1199px)', false, immediately)
  const isTight = useMediaQuery('(max-width: 1439px)', false, immediately)
  const [isOver, setIsOver] = useState(false)
  const [chosen, setChosen] = useLocalStorage<'folded' | 'unfolded' | null>({
    key: 'almanac.strip',
    defaultValue: null,
    ...immediately,
  })
  if (isNarrow) return { isFolded: !isOver, toggle: () => setIsOver(!isOver) }
  const isFolded = chosen === null ? isTight && view === 'week' : chosen === 'folded'
  return { isFolded, toggle: () => setChosen(isFolded ? 'unfolded' : 'folded') }
}
