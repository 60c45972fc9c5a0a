import { useEffect, useEffectEvent, useRef } from 'react'
import { useQuery, type AnyVariables, type UseQueryArgs } from 'urql'
import { useAnswer, type LiveResponse } from './answer.ts'
import type { Change } from './burst.ts'
import { useChanges } from './live.ts'
import { createRefetchPace, type RefetchPace } from './refetchPace.ts'

interface PacedOptions {
  topics: readonly Change['topic'][]
  /** Only changes of these schedules count; without it, all. */
  schedules?: ReadonlySet<string>
}

/** A query that is asked again when what it shows may have changed, but no faster than the database answers. */
export function usePacedQuery<Data, Variables extends AnyVariables>(
  args: UseQueryArgs<Variables, Data>,
  { topics, schedules }: PacedOptions,
): LiveResponse<Data, Variables> {
  const [state, execute] = useQuery<Data, Variables>({ requestPolicy: 'cache-and-network', ...args })
  const { fetching, stale } = state
  const isAsking = fetching || stale
  const refetch = useEffectEvent(() => {
    if (args.pause !== true) execute({ requestPolicy: 'network-only' })
  })
  const pace = useRef<RefetchPace>(null)
  useEffect(() => {
    const own = createRefetchPace({ now: () => performance.now(), refetch: () => refetch() })
    pace.current = own
    return () => own.stop()
  }, [])
  useEffect(() => {
    if (isAsking) pace.current?.asked()
    else pace.current?.answered()
  }, [isAsking])
  useChanges(topics, () => pace.current?.changed(), schedules)
  return [useAnswer(state, args), execute]
}
