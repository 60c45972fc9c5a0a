import { useEffect, useEffectEvent, useRef, useState } from 'react'
import {
  createRequest,
  useClient,
  useQuery,
  type AnyVariables,
  type CombinedError,
  type UseQueryArgs,
} from 'urql'
import { useAnswer, type LiveResponse } from './answer.ts'
import { createBurst, readChange, type Change } from './burst.ts'
import { connection } from './connection.ts'
import { graphql } from './graphql.ts'
import { delays } from './delay.ts'
import { createRefetchPace, type RefetchPace } from './refetchPace.ts'

const scheduleChanged = graphql(`
  subscription ScheduleChanged {
    scheduleChanged {
      op
      ids
    }
  }
`)

const runChanged = graphql(`
  subscription RunChanged {
    runChanged {
      op
      ids
    }
  }
`)

const workerChanged = graphql(`
  subscription WorkerChanged {
    workerChanged {
      op
      ids
    }
  }
`)

const ledgerChecked = graphql(`
  subscription LedgerChecked {
    ledgerChecked {
      op
      ids
    }
  }
`)

const burstDelay = 250
const listeners = new Set<(changes: readonly Change[]) => void>()

/** How long it takes to ask again for what was refused, as too many subscriptions of one user are. */
const refusedWait = 15_000
const everything: readonly Change[] = (['schedules', 'runs', 'workers', 'ledger'] as const).map((topic) => ({
  topic,
  ids: null,
  isGap: true,
}))

/** Has all that is shown asked for again. */
export function refetchEverything(): void {
  for (const listener of listeners) listener(everything)
}

/** Listens for changes as long as it is mounted; once, for the whole page. */
export function useLive(enabled: boolean): void {
  const client = useClient()
  const [tries, setTries] = useState(0)
  useEffect(() => {
    if (!enabled) return
    let again: ReturnType<typeof setTimeout> | undefined
    const burst = createBurst(burstDelay, (changes) => {
      for (const listener of listeners) listener(changes)
    })
    const hear = (
      topic: Change['topic'],
      event: Parameters<typeof readChange>[1],
      error: CombinedError | undefined,
    ) => {
      if (error !== undefined) {
        connection.tell('closed')
        again ??= setTimeout(() => setTries((before) => before + 1), refusedWait)
      } else if (event?.op === 'lost') connection.tell('deaf')
      else {
        if (event?.op === 'hello') connection.tell('following')
        if (event?.op === 'resync') connection.tell('hearing')
        burst.add(readChange(topic, event))
      }
    }
    const schedules = client
      .subscription(scheduleChanged, {})
      .subscribe(({ data, error }) => hear('schedules', data?.scheduleChanged, error))
    const runs = client
      .subscription(runChanged, {})
      .subscribe(({ data, error }) => hear('runs', data?.runChanged, error))
    const workers = client
      .subscription(workerChanged, {})
      .subscribe(({ data, error }) => hear('workers', data?.workerChanged, error))
    const checks = client
      .subscription(ledgerChecked, {})
      .subscribe(({ data, error }) => hear('ledger', data?.ledgerChecked, error))
    // The line may have stood while questions were not answered.
    let before = connection.get().state
    const stopWatching = connection.subscribe(() => {
      const { state } = connection.get()
      if (before === 'failing' && state === 'live') for (const change of everything) burst.add(change)
      before = state
    })
    return () => {
      clearTimeout(again)
      stopWatching()
      burst.stop()
      for (const subscription of [schedules, runs, workers, checks]) subscription.unsubscribe()
    }
  }, [client, enabled, tries])
}

/** Calls back when one of the topics changed; with schedules' ids, only for changes that may concern them. */
export function useChanges(
  topics: readonly Change['topic'][],
  callback: (changes: readonly Change[]) => void,
  schedules?: string | ReadonlySet<string>,
): void {
  const onChanges = useEffectEvent((changes: readonly Change[]) => {
    const wanted = typeof schedules === 'string' ? new Set([schedules]) : schedules
    const concerns = ({ topic, ids }: Change) =>
      topics.includes(topic) &&
      (ids === null || wanted === undefined || [...ids].some((id) => wanted.has(id)))
    const own = changes.filter(concerns)
    if (own.length > 0) callback(own)
  })
  useEffect(() => {
    const listener = (changes: readonly Change[]) => onChanges(changes)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
    }
  }, [])
}

interface LiveOptions {
  topics: readonly Change['topic'][]
  /** Only changes of this schedule, or of these, count; without it, of all. */
  scheduleId?: string
  schedules?: ReadonlySet<string>
  /** How often it is asked again where changes do not end, in milliseconds. */
  every?: number
}

const usually = 2_000

/** A query that is asked again when what it shows may have changed, at its pace, and no faster than the database answers. */
export function useLiveQuery<Data, Variables extends AnyVariables>(
  args: UseQueryArgs<Variables, Data>,
  { topics, scheduleId, schedules, every = usually }: LiveOptions,
): LiveResponse<Data, Variables> {
  const [state, execute] = useQuery<Data, Variables>({ requestPolicy: 'cache-and-network', ...args })
  const isAsking = state.fetching || state.stale
  const { key } = createRequest(args.query, args.variables as Variables)
  const refetch = useEffectEvent(() => {
    if (args.pause !== true) execute({ requestPolicy: 'network-only' })
  })
  const pace = useRef<RefetchPace>(null)
  useEffect(() => {
    const own = createRefetchPace({
      now: () => performance.now(),
      refetch: () => refetch(),
      every,
      onShown: delays.told,
    })
    pace.current = own
    return () => own.stop()
  }, [every])
  useEffect(() => () => pace.current?.restart(), [key])
  useEffect(() => {
    if (isAsking) pace.current?.asked()
    else pace.current?.answered()
  }, [isAsking, key])
  useChanges(
    topics,
    (changes) => pace.current?.changed(changes.some(({ isGap }) => isGap)),
    scheduleId ?? schedules,
  )
  return [useAnswer(state, args), execute]
}
