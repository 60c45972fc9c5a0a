import { Button } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { IconArrowBackUp, IconEdit, IconPlayerPause, IconPlayerPlay, IconTrash } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useClient, useMutation, type CombinedError } from 'urql'
import { readProblems } from '../../graphql/error.ts'
import { graphql, type Json } from '../../graphql/graphql.ts'
import { tellRefusal } from '../../panel/tellRefusal.ts'
import { inUndoOrder, offerUndo } from '../../undo/offerUndo.tsx'
import { askToPause, askToResume } from '../askAboutPause.tsx'
import { triggerNow } from '../scheduleMutations.ts'
import { isManaged } from '../managed.ts'
import { runsInWords } from '../rule.ts'
import { TriggerForm } from '../payload/TriggerForm.tsx'
import { sendPause, sendResume } from '../sendPause.ts'
import { useRestore } from '../useRestore.tsx'

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
    managedBy: string | null
    deletedAt: string | null
    status: string
    totalRuns: string
    nextRunAt: string | null
    taskIdentifier: string
    payload: Json
  }
  /** Shows the status that is being asked for; null: the one that the database says. */
  onSend: (sent: SentStatus | null) => void
}

/** What a schedule will be, while the database has not answered yet. */
export interface SentStatus {
  readonly status: 'active' | 'paused'
  readonly pauseReason: string | null
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
          .then((refused) => void tellRefusal(refused))
          .finally(() => setIsBusy(false))
      }}
    >
      Restore
    </Button>
  )
}

/** What can be done with a schedule; for those who may change it. */
export function ScheduleActions({ schedule, onSend }: ScheduleActionsProps) {
  const { rowId, name, isSystem, status } = schedule
  const navigate = useNavigate()
  const [triggering, trigger] = useMutation(triggerNow)
  const client = useClient()
  const [, unschedule] = useMutation(deleteMutation)
  const restore = useRestore(
    (scheduleId) => void navigate({ to: '/schedules/$scheduleId', params: { scheduleId } }),
  )

  const refusal = ({ error }: { error?: CombinedError | undefined }) => readProblems(error)[0] ?? null

  const remove = inUndoOrder(async () => {
    const refused = refusal(await unschedule({ name }))
    if (tellRefusal(refused)) return
    offerUndo(`Schedule ${name} deleted`, () => restore({ rowId, name }))
    await navigate({ to: '/schedules' })
  })

  const subject = { scheduleId: rowId, scheduleName: name }
  const pause = inUndoOrder(async (reason: string | null) => {
    onSend({ status: 'paused', pauseReason: reason })
    const sent = await sendPause(client, subject, reason).finally(() => onSend(null))
    const refused = refusal(sent)
    if (tellRefusal(refused)) return
    offerUndo(`Schedule ${name} paused`, async () => refusal(await sent.takeBack()))
  })

  const resume = inUndoOrder(async (catchUp: boolean) => {
    onSend({ status: 'active', pauseReason: null })
    const sent = await sendResume(client, subject, catchUp).finally(() => onSend(null))
    const refused = refusal(sent)
    if (tellRefusal(refused)) return
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
            if (!tellRefusal(refusal({ error })))
              notifications.show({ message: `Run #${data?.triggerNow?.result?.rowId} queued` })
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
              onClick={() => (status === 'paused' ? askToResume(name, resume) : void resume(false))}
            >
              Resume
            </Button>
          )}
        </>
      )}
      {!isSystem && !isManaged(schedule) && (
        <>
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
