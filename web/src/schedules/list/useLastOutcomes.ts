import { useMemo } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { useTellUnread } from '../../panel/unread.ts'
import { runStateOf, type RunState } from '../../runs/runState.ts'

const outcomesQuery = graphql(`
  query LastOutcomes($ids: [BigInt!]!) {
    lastOutcomes(scheduleIds: $ids, maxCount: 60) {
      scheduleId
      outcomes
      endedFor
    }
  }
`)

export interface LastOutcomes {
  /** The oldest first. */
  readonly outcomes: readonly RunState[]
  /** When the last of them was due; null where there is none. */
  readonly endedFor: string | null
}

/** How the last runs of each schedule on the page ended, in one query for all of them. */
export function useLastOutcomes(scheduleIds: readonly string[]): ReadonlyMap<string, LastOutcomes> {
  // In another order they are the same question.
  const ids = [...scheduleIds].sort()
  const [{ data, error }] = useLiveQuery(
    { query: outcomesQuery, variables: { ids }, pause: ids.length === 0 },
    { topics: ['runs'], schedules: new Set(ids) },
  )
  useTellUnread('last outcomes of schedules', error)
  return useMemo(
    () =>
      new Map(
        (data?.lastOutcomes ?? []).flatMap(({ scheduleId, outcomes, endedFor }) =>
          scheduleId === null
            ? []
            : [[scheduleId, { outcomes: (outcomes ?? []).map(runStateOf), endedFor }] as const],
        ),
      ),
    [data],
  )
}
