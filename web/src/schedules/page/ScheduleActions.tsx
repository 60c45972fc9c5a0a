import { Button } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { IconArrowBackUp, IconEdit, IconPlayerPause, IconPlayerPlay, IconTrash } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useClient, useMutation, type CombinedError } from 'urql'
import { problemLine, readProblems, type Problem } from '../../graphql/error.ts'
import { graphql, type Json } from '../../graphql/graphql.ts'
import { inUndoOrder, offerUndo } from '../../undo/offerUndo.tsx'
import { askToPause, askToResume } from '../askAboutPause.tsx'
import { triggerNow } from '../scheduleMutations.ts'
import { runsInWords } from '../rule.ts'
import { TriggerForm } from '../payload/TriggerForm.tsx'
import { sendPause, sendResume } from '../sendPause.ts'
import { tellNotRestored, useRestore } from '../useRestore.tsx'

const deleteMutation = graphql(`
  mutation DeleteSchedule($name: String!) {
    unschedule(input: { schedule: $name }) {
      result {
        rowId
        deletedAt
      }
    }
  }
`)

interface ScheduleActionsProps {
  schedule: {
    rowId: string
    name: string
    isSystem: boolean
    status: string
    totalRuns: string
    nextRunAt: string | null
    taskIdentifier: string
    payload: Json
  }
}

function tellRefusal(refused: Problem): void {
  notifications.show({ color: 'red', message: problemLine(refused), autoClose: 10_000 })
}

/** Brings a deleted schedule back; for those who may change it. */
export function RestoreButton({ rowId, name }: { rowId: string; name: string }) {
  const navigate = useNavigate()
  const restore = useRestore(
    (scheduleId) => void navigate({ to: '/schedules/$scheduleId', params: { scheduleId } }),
  )
  const [isBusy, setIsBusy] = useState(false)
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconArrowBackUp size={15} />}
      loading={isBusy}
      onClick={() => {
        setIsBusy(true)
        void restore({ rowId, name })
          .then(tellNotRestored)
          .finally(() => setIsBusy(false))
      }}
    >
      Restore
    </Button>
  )
}

/** What can be done with a schedule; for those who may change it. */
export function ScheduleActions({ schedule }: ScheduleActionsProps) {
  const { rowId, name, isSystem, status } = schedule
  const navigate = useNavigate()
  const [triggering, trigger] = useMutation(triggerNow)
  const client = useClient()
  const [isResuming, setIsResuming] = useState(false)
  const [, unschedule] = useMutation(deleteMutation)
  const restore = useRestore(
    (scheduleId) => void navigate({ to: '/schedules/$scheduleId', params: { scheduleId } }),
  )

  const refusal = ({ error }: { error?: CombinedError | undefined }) => readProblems(error)[0] ?? null

  const remove = inUndoOrder(async () => {
    const refused = refusal(await unschedule({ name }))
    if (refused !== null) return tellRefusal(refused)
    offerUndo(`Schedule ${name} deleted`, () => restore({ rowId, name }))
    await navigate({ to: '/schedules' })
  })

  const subject = { scheduleId: rowId, scheduleName: name }
  const pause = inUndoOrder(async (reason: string | null) => {
    const sent = await sendPause(client, subject, reason)
    const refused = refusal(sent)
    if (refused !== null) return tellRefusal(refused)
    offerUndo(`Schedule ${name} paused`, async () => refusal(await sent.takeBack()))
  })

  const resume = inUndoOrder(async (catchUp: boolean) => {
    setIsResuming(true)
    const sent = await sendResume(client, subject, catchUp)
    setIsResuming(false)
    const refused = refusal(sent)
    if (refused !== null) return tellRefusal(refused)
    if (status === 'paused') offerUndo(`Schedule ${name} resumed`, async () => refusal(await sent.takeBack()))
    else notifications.show({ message: `Schedule ${name} enabled` })
  })

  const askToTrigger = () =>
    modals.open({
      title: `Trigger ${name} with another payload`,
      children: (
        <TriggerForm
          name={name}
          task={schedule.taskIdentifier}
          payload={schedule.payload}
          onQueued={(runId) => {
            modals.closeAll()
            notifications.show({ message: `Run #${runId} queued` })
          }}
        />
      ),
    })

  const askToDelete = () =>
    modals.openConfirmModal({
      title: `Delete ${name}?`,
      children: (
        <>
          It will not run again. Its history stays ({runsInWords(schedule.totalRuns)}), and a run in progress
          continues to its end. It can be restored.
        </>
      ),
      labels: { confirm: 'Delete', cancel: 'Keep' },
      confirmProps: { color: 'red' },
      onConfirm: () => void remove(),
    })

  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconPlayerPlay size={15} />}
        loading={triggering.fetching}
        onClick={() =>
          void trigger({ schedule: name }).then(({ data, error }) => {
            const refused = refusal({ error })
            if (refused !== null) tellRefusal(refused)
            else notifications.show({ message: `Run #${data?.triggerNow?.result?.rowId} queued` })
          })
        }
      >
        Trigger now
      </Button>
      {!isSystem && (
        <Button size="xs" variant="default" onClick={askToTrigger}>
          Trigger with…
        </Button>
      )}
      {!isSystem && (
        <>
          {status === 'active' && (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconPlayerPause size={15} />}
              onClick={() => askToPause(name, pause)}
            >
              Pause
            </Button>
          )}
          {(status === 'paused' || status === 'disabled') && (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconPlayerPlay size={15} />}
              loading={isResuming}
              onClick={() => (status === 'paused' ? askToResume(name, resume) : void resume(false))}
            >
              Resume
            </Button>
          )}
          <Button
            size="xs"
            variant="default"
            leftSection={<IconEdit size={15} />}
            renderRoot={(props) => (
              <Link {...props} to="/schedules/$scheduleId/edit" params={{ scheduleId: rowId }} />
            )}
          >
            Edit
          </Button>
          <Button
            size="xs"
            variant="default"
            c="var(--text-danger)"
            leftSection={<IconTrash size={15} />}
            onClick={askToDelete}
          >
            Delete
          </Button>
        </>
      )}
    </>
  )
}
