import { useDebouncedValue } from '@mantine/hooks'
import { useMemo } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { useTellUnread } from '../../panel/unread.ts'
import { scheduleFilterOf, typingDelay, type ScheduleFilterSearch } from '../filter/calendarFilter.ts'
import type { LaneSchedule } from './lanesModel.ts'

const lanesQuery = graphql(`
  query Lanes($shown: ScheduleFilter!) {
    schedules(
      first: 2000
      orderBy: [NAME_ASC]
      filter: { deletedAt: { isNull: true }, archivedAt: { isNull: true }, and: [$shown] }
    ) {
      totalCount
      nodes {
        rowId
        name
        tags
        status
        calendars
        isSystem
        nextRunAt
      }
    }
  }
`)

interface Lanes {
  /** Null while they are on their way. */
  schedules: readonly LaneSchedule[] | null
  /** How many there are beyond those listed. */
  unlisted: number
}

/** The schedules that have a lane. */
export function useLanes(filter: ScheduleFilterSearch, withSystem: boolean): Lanes {
  const [q] = useDebouncedValue(filter.q, typingDelay)
  const shown = {
    ...scheduleFilterOf({ ...filter, q }),
    ...(!withSystem && { isSystem: { equalTo: false } }),
  }
  const [{ data, error }] = useLiveQuery(
    { query: lanesQuery, variables: { shown } },
    { topics: ['schedules'] },
  )
  useTellUnread('the schedules of the lanes', error)
  return useMemo(() => {
    if (data === undefined) return { schedules: null, unlisted: 0 }
    const nodes = data.schedules?.nodes ?? []
    return {
      schedules: nodes.map(({ rowId, name, tags, status, calendars, isSystem, nextRunAt }) => ({
        scheduleId: rowId,
        name,
        tags: tags.filter((each) => each !== null),
        status: status.toLowerCase(),
        calendars: calendars.filter((each) => each !== null),
        isSystem,
        nextAt: nextRunAt === null ? null : Date.parse(nextRunAt),
      })),
      unlisted: (data.schedules?.totalCount ?? nodes.length) - nodes.length,
    }
  }, [data])
}
