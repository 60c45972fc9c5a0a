import { useInterval } from '@mantine/hooks'
import { graphql } from '../graphql/graphql.ts'
import { useLiveQuery } from '../graphql/live.ts'
import { engineNotes, type EngineNote } from './engineNotes.ts'

const engineQuery = graphql(`
  query EngineState {
    copiedFrom
    engineState {
      workerRuns
      overdueCount
      overdueSince
      overdueScheduleId
      overdueScheduleName
      aheadCount
      aheadUntil
      stoppedAt
      stoppedBy
      stopReason
      limitedRole
      limitName
      limitMost
      limitedCount
      limitedUntil
    }
  }
`)

/** That a worker has died or that nothing fires is no change that anyone tells. */
const pace = 15_000
const none: readonly EngineNote[] = []

/** What is wrong with the engine, as far as it is known. */
export function useEngineNotes(isSignedIn: boolean): readonly EngineNote[] {
  // Adopting a copy counts as a change to all schedules.
  const [{ data }, execute] = useLiveQuery(
    { query: engineQuery, variables: {}, pause: !isSignedIn },
    { topics: ['schedules', 'workers'] },
  )
  useInterval(
    () => isSignedIn && document.visibilityState === 'visible' && execute({ requestPolicy: 'network-only' }),
    pace,
    { autoInvoke: true },
  )
  if (!data?.engineState) return none
  return engineNotes({ copiedFrom: data.copiedFrom, ...data.engineState })
}
