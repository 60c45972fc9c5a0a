import type { CalendarItem } from '../items/calendarItem.ts'
import { outcomes } from '../items/outcomes.ts'
import type { UsualDurations } from '../items/usualDurations.ts'
import type { ZonedDay } from '../grid/zonedDay.ts'
import { densityByDay, itemsByDay, weekModel } from '../week/weekModel.ts'

/** Width of a ribbon with its name above, in pixels. */
export const laneWidth = 14
const leastColumn = 150
const usualWidth = 960

interface DayOptions {
  now: number
  least: number
  nudge: number
  /** Of the grid, in pixels; null before it is known. */
  width: number | null
  gutter: number
  usual?: UsualDurations | undefined
  openedKey?: string | undefined
  keptKey?: string | null
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, Math.floor(value)))
}

/** How many ribbons and chips stand side by side; ribbons take up to a quarter of the width. */
export function daySizes(width: number, frequent: number): { maxLanes: number; maxColumns: number } {
  const maxLanes = clamp(width / 4 / laneWidth, 4, 16)
  const room = width - Math.min(frequent, maxLanes) * laneWidth
  return { maxLanes, maxColumns: clamp(room / leastColumn, 2, 6) }
}

/** One day as its grid and its head show it. */
export function dayModel(items: readonly CalendarItem[], day: ZonedDay, options: DayOptions) {
  const { now, least, nudge, width, gutter } = options
  const buckets = items.filter(({ kind }) => kind === 'bucket')
  const frequent = new Set(buckets.map(({ scheduleId }) => scheduleId)).size
  const { maxLanes, maxColumns } = daySizes((width ?? usualWidth) - gutter, frequent)
  const sizes = { least, nudge, maxColumns, hasFixedColumns: maxColumns > 2, maxFailures: 12 }
  const { axis, lanes, days } = weekModel(items, [day], {
    now,
    sizes,
    maxLanes,
    laneOrder: 'most failures',
    openedKey: options.openedKey,
    keptKey: options.keptKey ?? null,
    ...(options.usual === undefined ? {} : { usual: options.usual }),
  })
  const shown = [...itemsByDay(items, [day]).flat(), ...densityByDay(items, [day]).flat()]
  return {
    axis,
    lanes,
    drawn: days[0],
    outcomes: outcomes(shown),
  }
}
