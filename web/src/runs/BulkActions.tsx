import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconPlayerStop, IconRefresh } from '@tabler/icons-react'
import { useState } from 'react'
import { useClient } from 'urql'
import { readProblems } from '../graphql/error.ts'
import { graphql } from '../graphql/graphql.ts'
import { Time } from '../time/Time.tsx'
import { useNow } from '../time/now.ts'
import { cancelFilter, retryFilter } from './bulkFilter.ts'
import { askForReason } from '../panel/askForReason.tsx'
import { tellRefusal } from '../panel/tellRefusal.ts'
import type { RunListSearch, RunsFilter } from './runList.ts'

const toCancelQuery = graphql(`
  query RunsToCancel($filter: JSON!) {
    countRunsToCancel(filter: $filter) {
      unbegun
      running
      stopping
      others
    }
  }
`)

const cancelMutation = graphql(`
  mutation CancelRuns($filter: JSON!, $reason: String) {
    cancelRuns(input: { filter: $filter, reason: $reason }) {
      result {
        cancelled
        stopping
        isDone
      }
    }
  }
`)

const toRetryQuery = graphql(`
  query RunsToRetry($filter: JSON!) {
    countRunsToRetry(filter: $filter) {
      failed
      retried
      impossible
      others
    }
  }
`)

const retryMutation = graphql(`
  mutation RetryFailed($filter: JSON!, $reason: String) {
    retryFailed(input: { filter: $filter, reason: $reason }) {
      result {
        retried
        refused
        problem
        isDone
      }
    }
  }
`)

/** Calls at most, each of which takes what the one before has left. */
const MOST_CALLS = 100

const runs = (count: number) => `${count.toLocaleString('en-GB')} run${count === 1 ? '' : 's'}`
const leftAlone = (parts: readonly (string | false)[]) => {
  const said = parts.filter((part) => part !== false)
  return said.length > 0 && <p>Left alone: {said.join('; ')}.</p>
}

interface BulkActionsProps {
  search: RunListSearch
  zone: string
}

/** Cancels, or repeats, all that the list is narrowed to: counted beforehand. */
export function BulkActions({ search, zone }: BulkActionsProps) {
  const client = useClient()
  const [busy, setBusy] = useState<'cancel' | 'retry' | null>(null)
  const toCancel = cancelFilter(search, zone)
  const toRetry = retryFilter(search, zone, useNow())

  async function cancelAll(filter: RunsFilter, reason: string | null): Promise<void> {
    let cancelled = 0
    let stopping = 0
    for (let calls = 0; calls < MOST_CALLS; calls++) {
      const { data, error } = await client.mutation(cancelMutation, { filter, reason })
      if (tellRefusal(readProblems(error)[0])) break
      const result = data?.cancelRuns?.result
      cancelled += result?.cancelled ?? 0
      stopping += result?.stopping ?? 0
      // What someone holds at this moment is left to a later time.
      if (result?.isDone !== false || (result.cancelled === 0 && result.stopping === 0)) break
    }
    notifications.show({
      message: `${runs(cancelled)} cancelled${stopping > 0 ? `, ${stopping.toLocaleString('en-GB')} stopping` : ''}`,
    })
  }

  async function retryAll(filter: RunsFilter, reason: string | null): Promise<void> {
    let retried = 0
    let why: string | null = null
    for (let calls = 0; calls < MOST_CALLS; calls++) {
      const { data, error } = await client.mutation(retryMutation, { filter, reason })
      if (tellRefusal(readProblems(error)[0])) break
      const result = data?.retryFailed?.result
      retried += result?.retried ?? 0
      why = result?.problem ?? why
      if (result?.isDone !== false) break
    }
    notifications.show({ message: `${runs(retried)} retried` })
    if (why !== null)
      notifications.show({ color: 'red', message: `Could not retry: ${why}`, autoClose: 10_000 })
  }

  async function askToCancel(filter: RunsFilter): Promise<void> {
    const { data, error } = await client.query(toCancelQuery, { filter }, { requestPolicy: 'network-only' })
    const count = data?.countRunsToCancel
    if (tellRefusal(readProblems(error)[0]) || !count) return
    const [unbegun, running, stopping, others] = [
      Number(count.unbegun),
      Number(count.running),
      Number(count.stopping),
      Number(count.others),
    ]
    if (unbegun + running === 0)
      return void notifications.show({ message: 'There are no unfinished runs here that you may cancel.' })
    askForReason({
      title: `Cancel ${runs(unbegun + running)}?`,
      children: (
        <>
          <p>
            {unbegun > 0 && `${runs(unbegun)} that no worker has taken: cancelled at once. `}
            {running > 0 &&
              `${runs(running)} in progress: ${running === 1 ? 'its task is' : 'their tasks are'} asked to stop.`}
          </p>
          {leftAlone([
            stopping > 0 && `${runs(stopping)} already stopping`,
            others > 0 && `${runs(others)} of schedules that you may not change`,
          ])}
        </>
      ),
      confirm: `Cancel ${runs(unbegun + running)}`,
      isDangerous: true,
      onConfirm: (reason) => work('cancel', () => cancelAll(filter, reason)),
    })
  }

  async function askToRetry(filter: RunsFilter): Promise<void> {
    const { data, error } = await client.query(toRetryQuery, { filter }, { requestPolicy: 'network-only' })
    const count = data?.countRunsToRetry
    if (tellRefusal(readProblems(error)[0]) || !count) return
    const failed = Number(count.failed)
    const [retried, impossible, others] = [
      Number(count.retried),
      Number(count.impossible),
      Number(count.others),
    ]
    if (failed === 0)
      return void notifications.show({ message: 'There is no failed run here that you may retry.' })
    askForReason({
      title: `Retry ${runs(failed)}?`,
      children: (
        <>
          <p>
            The same number of new runs starts now, with the payloads and nominal times of those that failed
            {typeof filter['since'] === 'string' && (
              <>
                {' '}
                since <Time at={filter['since']} zone={zone} />
              </>
            )}
            .
          </p>
          {leftAlone([
            retried > 0 && `${runs(retried)} already retried`,
            impossible > 0 && `${runs(impossible)} whose schedule is gone or has another task`,
            others > 0 && `${runs(others)} of schedules that you may not change`,
          ])}
        </>
      ),
      confirm: `Retry ${runs(failed)}`,
      onConfirm: (reason) => work('retry', () => retryAll(filter, reason)),
    })
  }

  async function work(what: 'cancel' | 'retry', job: () => Promise<void>): Promise<void> {
    setBusy(what)
    await job().finally(() => setBusy(null))
  }

  return (
    <>
      {toCancel !== null && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlayerStop size={14} />}
          loading={busy === 'cancel'}
          onClick={() => void work('cancel', () => askToCancel(toCancel))}
        >
          Cancel all…
        </Button>
      )}
      {toRetry !== null && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRefresh size={14} />}
          loading={busy === 'retry'}
          onClick={() => void work('retry', () => askToRetry(toRetry))}
        >
          Retry failed…
        </Button>
      )}
    </>
  )
}
