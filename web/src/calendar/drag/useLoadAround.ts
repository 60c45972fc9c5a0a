import { useMemo } from 'react'
import { useMinute } from '../../time/useMinute.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import { useCalendar } from '../items/useCalendar.ts'
import { useSlots } from '../items/useSlots.ts'
import { useUsualDurations } from '../items/useUsualDurations.ts'
import { aroundOf, loadAround, type LoadAround } from './loadAround.ts'

/** What runs around a new place; null while it is on its way, or where there is too much to tell. */
export function useLoadAround(
  item: CalendarItem,
  to: number,
  timezone: string,
): { load: LoadAround | null; capacity: number | null } {
  const now = useMinute()
  const window = useMemo(() => aroundOf(to, now), [to, now])
  const { start, end } = window
  const { items } = useCalendar({ start, end, timezone, bucket: 15, filter: {}, withSystem: true })
  const usual = useUsualDurations()
  const capacity = useSlots()
  const load = useMemo(
    () =>
      items === null || items.some(({ kind }) => kind === 'density')
        ? null
        : loadAround(items, item, to, usual, window),
    [items, item, to, usual, window],
  )
  return { load, capacity }
}
