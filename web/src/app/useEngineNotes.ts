import { useDocumentVisibility } from '@mantine/hooks'
import { useEffect, useEffectEvent, useRef } from 'react'
import { useConnection } from '../graphql/connection.ts'
import { graphql } from '../graphql/graphql.ts'
import { useLiveQuery } from '../graphql/live.ts'
import { useTellUnread } from '../panel/unread.ts'
import { engineNotes, type EngineNote } from './engineNotes.ts'

const engineQuery = graphql(`
  query EngineState {
    copiedFrom
    own: schedules(first: 1, filter: { deletedAt: { isNull: true }, isSystem: { equalTo: false } }) {
      nodes {
        rowId
      }
    }
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
      limitedWho
      limitName
      limitMost
      limitedCount
      limitedUntil
      heldUpCount
      heldUpName
      heldUpSince
      heldUpBecause
      heldUpRemedy
    }
  }
`)

/**
 * That a worker has died or that nothing fires is not a change that anyone tells; nor is that the database answers
 * again.
 */
const pace = 15_000
const paceOfTrying = 5_000
const none: readonly EngineNote[] = []

/** What is wrong with the engine, as far as it is known. */
export function useEngineNotes(isSignedIn: boolean): readonly EngineNote[] {
  // Adopting a copy counts as a change to all schedules.
  const [{ data, error }, execute] = useLiveQuery(
    { query: engineQuery, variables: {}, pause: !isSignedIn },
    { topics: ['schedules', 'workers'] },
  )
  useTellUnread('whether schedules fire and workers run', error)
  const { state } = useConnection()
  const isVisible = useDocumentVisibility() === 'visible'
  const ask = useEffectEvent(() => execute({ requestPolicy: 'network-only' }))
  useEffect(() => {
    if (!isSignedIn || !isVisible) return
    const timer = setInterval(() => ask(), state === 'failing' ? paceOfTrying : pace)
    return () => clearInterval(timer)
  }, [isSignedIn, isVisible, state])
  // Nothing was asked for while no one looked.
  const wasHidden = useRef(false)
  useEffect(() => {
    if (isVisible && wasHidden.current && isSignedIn) ask()
    wasHidden.current = !isVisible
  }, [isSignedIn, isVisible])
  if (!data?.engineState) return none
  return engineNotes({
    isUnused: data.own?.nodes.length === 0,
    copiedFrom: data.copiedFrom,
    ...data.engineState,
  })
}
