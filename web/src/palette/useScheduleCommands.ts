import { useDebouncedValue } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useNavigate } from '@tanstack/react-router'
import { useClient, useQuery } from 'urql'
import { readProblems } from '../graphql/error.ts'
import { graphql } from '../graphql/graphql.ts'
import { tellRefusal } from '../panel/tellRefusal.ts'
import { mayTrigger } from '../runs/run.ts'
import { askToPause, askToResume } from '../schedules/askAboutPause.tsx'
import { triggerNow } from '../schedules/scheduleMutations.ts'
import { sendPause, sendResume } from '../schedules/sendPause.ts'
import { inUndoOrder, offerUndo } from '../undo/offerUndo.tsx'
import type { Sent } from '../undo/sent.ts'
import { scheduleQuestion, type Command, type ScheduleVerb } from './command.ts'

const foundQuery = graphql(`
  query FindSchedules($text: String!) {
    schedules(
      first: 8
      orderBy: [NAME_ASC]
      filter: { deletedAt: { isNull: true }, name: { includesInsensitive: $text } }
    ) {
      nodes {
        rowId
        name
        status
        isSystem
        mayChange
      }
    }
  }
`)

const typingDelay = 150
/** No name is longer. */
const longest = 200

const words: Record<ScheduleVerb, string> = {
  open: 'Open',
  edit: 'Edit',
  trigger: 'Trigger now',
  pause: 'Pause',
  resume: 'Resume',
  runs: 'Runs of',
  show: 'Show in the calendar:',
}

const changing: readonly ScheduleVerb[] = ['edit', 'trigger', 'pause', 'resume']

/** What a text means to do with schedules, found by the database, eight at most. */
export function useScheduleCommands(
  text: string,
  { canChange, isAdmin }: { canChange: boolean; isAdmin: boolean },
): readonly Command[] {
  const [asked] = useDebouncedValue(text, typingDelay)
  const { verb, name } = scheduleQuestion(asked)
  const navigate = useNavigate()
  const client = useClient()
  const pause = name === '' || name.length > longest
  const [{ data }] = useQuery({ query: foundQuery, variables: { text: name }, pause })
  if (pause || (changing.includes(verb) && !canChange)) return []

  const tell = (answer: Pick<Sent, 'error'>, onDone: () => void) => {
    if (!tellRefusal(readProblems(answer.error)[0])) onDone()
  }
  const tellUndoable = (text: string) => (sent: Sent) =>
    tell(sent, () => offerUndo(text, async () => readProblems((await sent.takeBack()).error)[0] ?? null))
  const run = (scheduleId: string, schedule: string, status: string): void => {
    const params = { scheduleId }
    switch (verb) {
      case 'open':
        return void navigate({ to: '/schedules/$scheduleId', params })
      case 'edit':
        return void navigate({ to: '/schedules/$scheduleId/edit', params })
      case 'runs':
        return void navigate({ to: '/runs', search: { schedule: scheduleId } })
      case 'show':
        return void navigate({
          to: '/calendar/$view/{-$date}',
          params: { view: 'week' },
          search: { schedule: scheduleId },
        })
      case 'trigger':
        return void client
          .mutation(triggerNow, { schedule })
          .toPromise()
          .then((answer) => tell(answer, () => notifications.show({ message: `Triggered ${schedule}` })))
      case 'pause':
        return askToPause(
          schedule,
          inUndoOrder((reason) =>
            sendPause(client, { scheduleId, scheduleName: schedule }, reason).then(
              tellUndoable(`Paused ${schedule}`),
            ),
          ),
        )
      case 'resume': {
        const resume = inUndoOrder((catchUp: boolean) =>
          sendResume(client, { scheduleId, scheduleName: schedule }, catchUp).then(
            tellUndoable(`Resumed ${schedule}`),
          ),
        )
        // One that was never enabled has missed nothing.
        return status === 'paused' ? askToResume(schedule, resume) : void resume(false)
      }
    }
  }
  const fits = (status: string, mayChange: boolean) => {
    if (!mayChange && changing.includes(verb)) return false
    if (verb === 'pause') return status === 'active'
    return verb === 'resume' ? status === 'paused' || status === 'disabled' : true
  }
  return (data?.schedules?.nodes ?? [])
    .filter((found) =>
      fits(
        found.status,
        verb === 'trigger' ? mayTrigger({ ...found, deletedAt: null }, isAdmin) : found.mayChange === true,
      ),
    )
    .map((found) => ({
      id: `schedule:${verb}:${found.rowId}`,
      group: 'Schedules',
      label: `${words[verb]} ${found.name}`,
      ...(found.status === 'active' ? {} : { hint: found.status }),
      run: () => run(found.rowId, found.name, found.status),
    }))
}
