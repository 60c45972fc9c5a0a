import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconArrowRight, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useMutation, type CombinedError } from 'urql'
import { problemLine, readProblems } from '../../graphql/error.ts'
import { graphql } from '../../graphql/graphql.ts'
import { isFailure } from '../../runs/runState.ts'
import { useSession } from '../../session/useSession.ts'
import { itemKey, itemState, type CalendarItem } from '../items/calendarItem.ts'
import { canBeOverridden } from './occurrenceOverride.ts'
import { OccurrenceActions } from './OccurrenceActions.tsx'

const triggerNow = graphql(`
  mutation CalendarTrigger($schedule: String!) {
    triggerNow(input: { schedule: $schedule }) {
      result {
        rowId
      }
    }
  }
`)

const pause = graphql(`
  mutation CalendarPause($schedule: String!) {
    pause(input: { schedule: $schedule }) {
      result {
        rowId
        status
      }
    }
  }
`)

const resume = graphql(`
  mutation CalendarResume($schedule: String!) {
    resume(input: { schedule: $schedule }) {
      result {
        rowId
        status
      }
    }
  }
`)

function tell(error: CombinedError | undefined, done: string): void {
  const [problem] = readProblems(error)
  notifications.show(
    problem === undefined ? { message: done } : { color: 'red', message: problemLine(problem) },
  )
}

interface ItemActionsProps {
  item: CalendarItem
  canChange: boolean
  /** Almanac's own schedule: no one changes it. */
  isSystem: boolean
  timeZone: string
  /** The schedule's own zone; null while it is not known. */
  ownZone: string | null
  onChanged: () => void
}

/** What can be done at once with an item of the calendar. */
export function ItemActions(props: ItemActionsProps) {
  const { item, timeZone, ownZone, onChanged } = props
  const { isAdmin } = useSession()
  const canChange = props.canChange && !props.isSystem
  const canTrigger = props.isSystem ? isAdmin : props.canChange
  const [triggering, doTrigger] = useMutation(triggerNow)
  const [pausing, doPause] = useMutation(pause)
  const [resuming, doResume] = useMutation(resume)
  const schedule = item.scheduleName
  const isPaused = item.scheduleStatus === 'paused'
  const state = itemState(item)
  return (
    <>
      {canChange && canBeOverridden(item) && (
        <OccurrenceActions key={itemKey(item)} {...{ item, timeZone, ownZone, onChanged }} />
      )}
      {item.runId !== null && (
        <Button
          size="xs"
          variant="default"
          rightSection={<IconArrowRight size={14} />}
          renderRoot={(props) => <Link {...props} to="/runs/$runId" params={{ runId: item.runId ?? '' }} />}
        >
          Open run
        </Button>
      )}
      {canTrigger && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlayerPlay size={14} />}
          loading={triggering.fetching}
          onClick={() =>
            void doTrigger({ schedule }).then(({ error }) => tell(error, `Triggered ${schedule}`))
          }
        >
          {isFailure(state) ? 'Run again' : 'Trigger now'}
        </Button>
      )}
      {canChange && item.scheduleStatus === 'active' && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlayerPause size={14} />}
          loading={pausing.fetching}
          onClick={() => void doPause({ schedule }).then(({ error }) => tell(error, `Paused ${schedule}`))}
        >
          Pause
        </Button>
      )}
      {canChange && isPaused && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlayerPlay size={14} />}
          loading={resuming.fetching}
          onClick={() => void doResume({ schedule }).then(({ error }) => tell(error, `Resumed ${schedule}`))}
        >
          Resume
        </Button>
      )}
      <Button
        size="xs"
        variant="subtle"
        renderRoot={(props) => (
          <Link {...props} to="/schedules/$scheduleId" params={{ scheduleId: item.scheduleId }} />
        )}
      >
        Open schedule
      </Button>
    </>
  )
}
