import { useMemo } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../../graphql/graphql.ts'
import { useMinute } from '../../time/useMinute.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import { useCalendar } from '../items/useCalendar.ts'
import { useUsualDurations } from '../items/useUsualDurations.ts'
import { aroundOf, loadAround, type LoadAround } from './loadAround.ts'

const slotsQuery = graphql(`
  query WorkerSlots {
    workers(first: 500, filter: { status: { equalTo: "active" } }) {
      nodes {
        rowId
        concurrency
      }
    }
  }
`)

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
  const [{ data }] = useQuery({ query: slotsQuery })
  const nodes = data?.workers?.nodes
  const load = useMemo(
    () =>
      items === null || items.some(({ kind }) => kind === 'density')
        ? null
        : loadAround(items, item, to, usual, window),
    [items, item, to, usual, window],
  )
  return {
    load,
    capacity: nodes ? nodes.reduce((sum, { concurrency }) => sum + concurrency, 0) : null,
  }
}
