import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconArrowBackUp, IconArrowRight, IconChevronsRight } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { problemLine } from '../../graphql/error.ts'
import { ProblemNote } from '../../panel/ProblemNote.tsx'
import { formatClock, formatDay } from '../../time/instant.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import { MoveForm } from './MoveForm.tsx'
import { isOverridden, undoOf, type OccurrenceChange } from './occurrenceOverride.ts'
import { useOccurrenceChange } from './useOccurrenceChange.ts'

interface OccurrenceActionsProps {
  item: CalendarItem
  timeZone: string
  /** The schedule's own zone; null while it is not known. */
  ownZone: string | null
  onChanged: () => void
}

const undoTime = 10_000

/** What can be done with one upcoming occurrence: skip it, move it, take that back. */
export function OccurrenceActions({ item, timeZone, ownZone, onChanged }: OccurrenceActionsProps) {
  const { isBusy, problem, change, forget } = useOccurrenceChange()
  const [isMoving, setIsMoving] = useState(false)
  const moveButton = useRef<HTMLButtonElement>(null)
  const moment = (at: number) => `${formatDay(at, timeZone)} ${formatClock(at, timeZone)} ${timeZone}`

  const said = (wanted: OccurrenceChange) => {
    const name = item.scheduleName
    if (wanted.do === 'skip') return `Skipped ${name} on ${moment(item.startsAt)}`
    if (wanted.do === 'restore') return `Restored ${name} on ${moment(item.scheduledFor ?? item.startsAt)}`
    return `Moved ${name} to ${moment(wanted.to)}`
  }

  const make = async (wanted: OccurrenceChange) => {
    if ((await change(item, wanted)) !== null) return
    setIsMoving(false)
    moveButton.current?.focus()
    onChanged()
    const undo = async () => {
      notifications.hide(id)
      const refused = await change(item, undoOf(item))
      if (refused !== null) notifications.show({ color: 'red', message: problemLine(refused) })
      onChanged()
    }
    const id = notifications.show({
      autoClose: undoTime,
      message: (
        <>
          {said(wanted)}{' '}
          <Button size="compact-xs" variant="subtle" onClick={() => void undo()}>
            Undo
          </Button>
        </>
      ),
    })
  }

  const stopMoving = () => {
    forget()
    setIsMoving(false)
    moveButton.current?.focus()
  }

  return (
    <div className="occurrence-actions" role="group" aria-label="This occurrence">
      {item.kind === 'occurrence' && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconChevronsRight size={14} />}
          loading={isBusy && !isMoving}
          onClick={() => void make({ do: 'skip' })}
        >
          Skip
        </Button>
      )}
      <Button
        ref={moveButton}
        size="xs"
        variant="default"
        leftSection={<IconArrowRight size={14} />}
        aria-expanded={isMoving}
        onClick={() => setIsMoving(!isMoving)}
      >
        Move…
      </Button>
      {isOverridden(item) && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconArrowBackUp size={14} />}
          loading={isBusy && !isMoving}
          onClick={() => void make({ do: 'restore' })}
        >
          Restore
        </Button>
      )}
      {isMoving && (
        <MoveForm
          key={item.startsAt}
          {...{ item, timeZone, ownZone, isBusy }}
          onMove={(to) => void make({ do: 'move', to })}
          onCancel={stopMoving}
        />
      )}
      {problem !== null && <ProblemNote problem={problem} />}
    </div>
  )
}
