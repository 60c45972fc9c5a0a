import { useEffect, useEffectEvent, useState } from 'react'
import { useClient, useQuery, type AnyVariables, type CombinedError, type UseQueryArgs } from 'urql'
import { useAnswer, type LiveResponse } from './answer.ts'
import { createBurst, readChange, type Change } from './burst.ts'
import { connection } from './connection.ts'
import { graphql } from './graphql.ts'

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
  callback: () => void,
  schedules?: string | ReadonlySet<string>,
): void {
  const onChanges = useEffectEvent((changes: readonly Change[]) => {
    const wanted = typeof schedules === 'string' ? new Set([schedules]) : schedules
    const concerns = ({ topic, ids }: Change) =>
      topics.includes(topic) &&
      (ids === null || wanted === undefined || [...ids].some((id) => wanted.has(id)))
    if (changes.some(concerns)) callback()
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
  scheduleId?: string
}

/** A query that is asked again whenever what it shows may have changed. */
export function useLiveQuery<Data, Variables extends AnyVariables>(
  args: UseQueryArgs<Variables, Data>,
  { topics, scheduleId }: LiveOptions,
): LiveResponse<Data, Variables> {
  const [state, execute] = useQuery<Data, Variables>({ requestPolicy: 'cache-and-network', ...args })
  useChanges(topics, () => args.pause !== true && execute({ requestPolicy: 'network-only' }), scheduleId)
  return [useAnswer(state, args), execute]
}
