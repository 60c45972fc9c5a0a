import { useEffect, useEffectEvent } from 'react'
import { useClient, useQuery, type AnyVariables, type UseQueryArgs, type UseQueryResponse } from 'urql'
import { createBurst, readChange, type Change } from './burst.ts'
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

/** Listens for changes as long as it is mounted; once, for the whole page. */
export function useLive(enabled: boolean): void {
  const client = useClient()
  useEffect(() => {
    if (!enabled) return
    const burst = createBurst(burstDelay, (changes) => {
      for (const listener of listeners) listener(changes)
    })
    const schedules = client
      .subscription(scheduleChanged, {})
      .subscribe(({ data }) => burst.add(readChange('schedules', data?.scheduleChanged)))
    const runs = client
      .subscription(runChanged, {})
      .subscribe(({ data }) => burst.add(readChange('runs', data?.runChanged)))
    const workers = client
      .subscription(workerChanged, {})
      .subscribe(({ data }) => burst.add(readChange('workers', data?.workerChanged)))
    const checks = client
      .subscription(ledgerChecked, {})
      .subscribe(({ data }) => burst.add(readChange('ledger', data?.ledgerChecked)))
    return () => {
      burst.stop()
      for (const subscription of [schedules, runs, workers, checks]) subscription.unsubscribe()
    }
  }, [client, enabled])
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
): UseQueryResponse<Data, Variables> {
  const response = useQuery<Data, Variables>({ requestPolicy: 'cache-and-network', ...args })
  const [, execute] = response
  useChanges(topics, () => args.pause !== true && execute({ requestPolicy: 'network-only' }), scheduleId)
  return response
}
