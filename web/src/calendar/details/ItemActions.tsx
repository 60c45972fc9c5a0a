import { Button, Checkbox, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconArrowRight, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useMutation } from 'urql'
import { readProblems } from '../../graphql/error.ts'
import { tellRefusal } from '../../panel/tellRefusal.ts'
import { isFailure } from '../../runs/runState.ts'
import { useSession } from '../../session/useSession.ts'
import type { CalendarChanges } from '../changes/useOccurrenceChanges.ts'
import { itemKey, itemState, type CalendarItem } from '../items/calendarItem.ts'
import { canBeOverridden } from './occurrenceOverride.ts'
import { triggerNow } from '../../schedules/scheduleMutations.ts'
import { OccurrenceActions } from './OccurrenceActions.tsx'

interface ItemActionsProps {
  item: CalendarItem
  canChange: boolean
  /** Almanac's own schedule: no one changes it. */
  isSystem: boolean
  timeZone: string
  /** The schedule's own zone; null while it is not known. */
  ownZone: string | null
  changes: CalendarChanges
}

/** What can be done at once with an item of the calendar. */
export function ItemActions(props: ItemActionsProps) {
  const { item, timeZone, ownZone, changes } = props
  const { isAdmin } = useSession()
  const canChange = props.canChange && !props.isSystem
  const canTrigger = props.isSystem ? isAdmin : props.canChange
  const [triggering, doTrigger] = useMutation(triggerNow)
  const [text, setText] = useState('')
  const [catchUp, setCatchUp] = useState(false)
  const schedule = item.scheduleName
  const isPaused = item.scheduleStatus === 'paused'
  const isActive = item.scheduleStatus === 'active'
  const canOverride = canChange && canBeOverridden(item)
  const trigger = async () => {
    const { error } = await doTrigger({ schedule })
    if (!tellRefusal(readProblems(error)[0])) notifications.show({ message: `Triggered ${schedule}` })
  }
  const reason = text.trim() === '' ? null : text.trim()
  return (
    <>
      {canChange && (canOverride || isActive) && (
        <TextInput
          className="item-reason"
          size="xs"
          label={canOverride ? 'Reason to skip, move or pause' : 'Reason to pause'}
          placeholder="Optional, for others to see"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      )}
      {canOverride && (
        <OccurrenceActions
          key={itemKey(item)}
          {...{ item, timeZone, ownZone }}
          onChange={(change) => changes.occurrence(item, change, reason)}
        />
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
          title="Run it now (R)"
          loading={triggering.fetching}
          onClick={() => void trigger()}
        >
          {isFailure(itemState(item)) ? 'Run again' : 'Trigger now'}
        </Button>
      )}
      {canChange && isActive && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlayerPause size={14} />}
          onClick={() => void changes.pause(item, reason)}
        >
          Pause
        </Button>
      )}
      {canChange && isPaused && (
        <>
          <Checkbox
            className="item-reason"
            size="xs"
            label="Catch up what the pause skipped"
            checked={catchUp}
            onChange={(event) => setCatchUp(event.currentTarget.checked)}
          />
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlayerPlay size={14} />}
            onClick={() => void changes.resume(item, catchUp)}
          >
            Resume
          </Button>
        </>
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
