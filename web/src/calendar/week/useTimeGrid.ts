import { useRef } from 'react'
import { useMergedRef } from '@mantine/hooks'
import { axisPlace, isSteady, timeAxis } from '../grid/timeAxis.ts'
import { useOpening } from '../grid/useOpening.ts'
import { useSize } from '../grid/useSize.ts'
import { useZoom } from '../grid/useZoom.ts'
import { dayOf, type ZonedDay } from '../grid/zonedDay.ts'

const leastHour = 30
const leastChip = 21

/** The height of an hour: what fits the whole day into the grid, but not less than can be read. */
function hourHeight(height: number | undefined, hours: number): number {
  return Math.max(leastHour, Math.floor(((height ?? 0) / hours) * 100) / 100)
}

/** The scale of a grid of hours: how high they are, which second zone can be next to them; opens at now, zooms. */
export function useTimeGrid(days: readonly ZonedDay[], now: number, secondZone: string | null) {
  const [measured, size] = useSize()
  const scroller = useRef<HTMLDivElement>(null)
  const body = useMergedRef<HTMLDivElement>(measured, scroller)
  const hasLongDay = days.some((day) => day.repeated.length > 0)
  const fitting = hourHeight(size?.height, hasLongDay ? 25 : 24) / 60
  const minute = fitting * useZoom(scroller, fitting, 'down')

  const today = dayOf(days, now)
  useOpening({
    scroller,
    part: 'hours',
    isThere: size !== null,
    shown: days,
    nowAt: () => (today === undefined ? null : axisPlace(timeAxis(days), today, now) * minute),
    unit: minute,
  })

  return {
    body,
    width: size?.width ?? null,
    minute,
    /** Height of the lowest chip, in minutes. */
    least: leastChip / minute,
    nudge: 6 / minute,
    secondZone: secondZone !== null && isSteady(days, secondZone) ? secondZone : null,
  }
}
