import { Button } from '@mantine/core'
import { IconArrowBackUp, IconArrowRight, IconChevronsRight } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import type { Problem } from '../../graphql/error.ts'
import { ProblemNote } from '../../panel/ProblemNote.tsx'
import { useFocusBack } from '../../panel/useFocusBack.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import { MoveForm } from './MoveForm.tsx'
import { isOverridden, type OccurrenceChange } from './occurrenceOverride.ts'

interface OccurrenceActionsProps {
  item: CalendarItem
  timeZone: string
  /** The schedule's own zone; null while it is not known. */
  ownZone: string | null
  /** Makes a change; null once it is done, otherwise why it was refused. */
  onChange: (change: OccurrenceChange) => Promise<Problem | null>
}

/** What can be done with one upcoming occurrence: skip it, move it, restore it. */
export function OccurrenceActions({ item, timeZone, ownZone, onChange }: OccurrenceActionsProps) {
  const [isMoving, setIsMoving] = useState(false)
  const [isBusy, setIsBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const moveButton = useRef<HTMLButtonElement>(null)

  useFocusBack(isBusy)

  const stopMoving = () => {
    setProblem(null)
    setIsMoving(false)
    moveButton.current?.focus()
  }
  const make = async (change: OccurrenceChange) => {
    setIsBusy(true)
    const refused = await onChange(change)
    setIsBusy(false)
    if (refused === null) stopMoving()
    else setProblem(refused)
  }

  return (
    <div className="occurrence-actions" role="group" aria-label="This occurrence">
      {item.kind === 'occurrence' && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconChevronsRight size={14} />}
          title="Skip this occurrence (X)"
          disabled={isBusy}
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
        title="Move this occurrence (Alt and an arrow, or drag it)"
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
          disabled={isBusy}
          onClick={() => void make({ do: 'restore' })}
        >
          Restore
        </Button>
      )}
      {isMoving && (
        <MoveForm
          {...{ item, timeZone, ownZone, isBusy }}
          onMove={(to) => void make({ do: 'move', to })}
          onCancel={stopMoving}
        />
      )}
      {problem !== null && <ProblemNote problem={problem} />}
    </div>
  )
}
