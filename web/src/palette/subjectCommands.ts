import type { Client } from 'urql'
import { canBeOverridden } from '../calendar/details/occurrenceOverride.ts'
import { tellRefusal } from '../panel/tellRefusal.ts'
import { readProblems } from '../graphql/error.ts'
import { formatClock, formatDay } from '../time/instant.ts'
import { askToPause, askToResume } from '../schedules/askAboutPause.tsx'
import { triggerNow } from '../schedules/scheduleMutations.ts'
import type { Command } from './command.ts'
import type { Subject } from './subject.ts'

interface Around {
  client: Client
  timeZone: string
  go: (to: 'schedule' | 'edit' | 'run', id: string) => void
}

/** What can be done with what is selected. */
export function subjectCommands(
  { item, changes, may }: Omit<Subject, 'known'>,
  around: Around,
): readonly Command[] {
  const { client, timeZone, go } = around
  const name = item.scheduleName
  const group = `${name}, ${formatDay(item.startsAt, timeZone)} ${formatClock(item.startsAt, timeZone, 'never')}`
  const isActive = item.scheduleStatus === 'active'
  const command = (id: string, label: string, isFor: boolean, run: () => void, hint?: string) =>
    isFor ? [{ id: `selected:${id}`, group, label, run, ...(hint !== undefined && { hint }) }] : []
  const override = (kind: 'skip' | 'restore', what: string) =>
    void changes.occurrence(item, { do: kind }).then((refused) => tellRefusal(refused, `${what} ${name}`))
  const isMine = may.change && item.scheduleId !== ''
  const canOverride = isMine && canBeOverridden(item)
  const isChanged = item.kind === 'omitted' || item.reason === 'moved'
  return [
    ...command(
      'skip',
      'Skip',
      canOverride && item.kind === 'occurrence',
      () => override('skip', 'Could not skip'),
      'X',
    ),
    ...command('restore', 'Restore', canOverride && isChanged, () =>
      override('restore', 'Could not restore'),
    ),
    ...command('trigger', 'Trigger now', may.run && item.scheduleId !== '', () => {
      void client
        .mutation(triggerNow, { schedule: name })
        .toPromise()
        .then(({ error }) => tellRefusal(readProblems(error)[0], `Could not trigger ${name}`))
    }),
    ...command('pause', 'Pause', isMine && isActive, () =>
      askToPause(name, (reason) => changes.pause(item, reason)),
    ),
    ...command('resume', 'Resume', isMine && item.scheduleStatus === 'paused', () =>
      askToResume(name, (catchUp) => changes.resume(item, catchUp)),
    ),
    ...command('edit', 'Edit schedule', isMine, () => go('edit', item.scheduleId), 'E'),
    ...command('open', 'Open schedule', item.scheduleId !== '', () => go('schedule', item.scheduleId)),
    ...command('run', 'Open run', item.runId !== null, () => go('run', item.runId ?? '')),
  ]
}
