import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconPlayerStop, IconRefresh } from '@tabler/icons-react'
import { useMutation } from 'urql'
import { readProblems } from '../graphql/error.ts'
import { graphql } from '../graphql/graphql.ts'
import { askForReason } from '../panel/askForReason.tsx'
import { tellRefusal } from '../panel/tellRefusal.ts'

const cancelMutation = graphql(`
  mutation CancelRun($id: BigInt!, $reason: String) {
    cancelRun(input: { runId: $id, reason: $reason }) {
      result {
        rowId
        status
        reason
        cancelRequestedAt
        finishedAt
        mayCancel
        mayRetry
      }
    }
  }
`)

const retryMutation = graphql(`
  mutation RetryRun($id: BigInt!, $reason: String, $onlyFailed: Boolean) {
    retryRun(input: { runId: $id, reason: $reason, onlyFailed: $onlyFailed }) {
      result {
        rowId
      }
    }
  }
`)

interface RunActionsProps {
  run: {
    readonly rowId: string
    readonly scheduleName: string
    readonly status: string
    /** Whether it can be cancelled, by the one who looks. */
    readonly mayCancel: boolean | null
    readonly mayRetry: boolean | null
    /** How many children it has; null: it has none. */
    readonly children: number | null
  }
  /** Shows the run that repeats it. */
  onRetried: (runId: string) => void
}

/** Cancels a run that has not ended, or repeats one that failed. */
export function RunActions({ run, onRetried }: RunActionsProps) {
  const { rowId: id, scheduleName } = run
  const [cancelling, cancel] = useMutation(cancelMutation)
  const [retrying, retry] = useMutation(retryMutation)

  const askToCancel = () =>
    askForReason({
      title: `Cancel run #${id} of ${scheduleName}?`,
      children:
        run.status === 'running'
          ? run.children !== null
            ? 'Its children that no worker has are cancelled; the tasks of the others are asked to stop.'
            : 'Its task is asked to stop. It shows as stopping until the task has ended, for at most 5 seconds.'
          : 'It will not run. The schedule continues with its next one.',
      confirm: 'Cancel the run',
      isDangerous: true,
      async onConfirm(reason) {
        const { data, error } = await cancel({ id, reason })
        if (tellRefusal(readProblems(error)[0])) return
        const isStopping = data?.cancelRun?.result?.status === 'running'
        notifications.show({ message: `Run #${id} ${isStopping ? 'is stopping' : 'cancelled'}` })
      },
    })

  const askToRetry = (onlyFailed: boolean) =>
    askForReason({
      title: `Retry ${onlyFailed ? 'what failed of ' : ''}run #${id} of ${scheduleName}?`,
      children: onlyFailed
        ? 'A new run starts now, with those children that did not succeed. This one stays unchanged.'
        : 'A new run starts now, with the same payload and nominal time. This one stays unchanged.',
      confirm: 'Retry',
      async onConfirm(reason) {
        const { data, error } = await retry({ id, reason, onlyFailed })
        const newId = data?.retryRun?.result?.rowId
        if (tellRefusal(readProblems(error)[0]) || newId === undefined) return
        notifications.show({ message: `Run #${newId} retries run #${id}` })
        onRetried(newId)
      },
    })

  if (run.mayCancel !== true && run.mayRetry !== true) return null
  return (
    <div role="group" aria-label="Actions">
      {run.mayCancel === true && (
        <Button
          size="xs"
          variant="default"
          c="var(--text-danger)"
          leftSection={<IconPlayerStop size={15} />}
          loading={cancelling.fetching}
          onClick={askToCancel}
        >
          Cancel
        </Button>
      )}
      {run.mayRetry === true && run.children !== null && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRefresh size={15} />}
          loading={retrying.fetching}
          onClick={() => askToRetry(true)}
        >
          Retry what failed
        </Button>
      )}
      {run.mayRetry === true && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRefresh size={15} />}
          loading={retrying.fetching}
          onClick={() => askToRetry(false)}
        >
          {run.children === null ? 'Retry' : 'Retry all'}
        </Button>
      )}
    </div>
  )
}
