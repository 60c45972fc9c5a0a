import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import type { Client } from 'urql'
import { readProblems } from '../../graphql/error.ts'
import { tellRefusal } from '../../panel/tellRefusal.ts'
import { triggerNow } from '../../schedules/scheduleMutations.ts'

/** Asks whether a schedule should run now, and has it do so. */
export function askToTrigger(client: Client, schedule: string): void {
  const trigger = async () => {
    const { error } = await client.mutation(triggerNow, { schedule })
    const [refused = null] = readProblems(error)
    tellRefusal(refused, `Could not trigger ${schedule}`)
    if (refused === null) notifications.show({ message: `Triggered ${schedule}` })
  }
  modals.openConfirmModal({
    title: `Run ${schedule} now?`,
    children: 'It runs once, at once. Its upcoming times stay as they are.',
    labels: { confirm: 'Run now', cancel: 'Cancel' },
    onConfirm: () => void trigger(),
  })
}
