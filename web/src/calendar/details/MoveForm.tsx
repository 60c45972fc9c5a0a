import { Button } from '@mantine/core'
import { useState } from 'react'
import { exactLocalText, instantOf } from '../../time/localTime.ts'
import { MomentInput } from '../../time/MomentInput.tsx'
import { formatClock, formatDay, formatOffset } from '../../time/instant.ts'
import { useNow } from '../../time/now.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import { firstMove } from './occurrenceOverride.ts'

interface MoveFormProps {
  item: CalendarItem
  timeZone: string
  ownZone: string | null
  isBusy: boolean
  onMove: (to: number) => void
  onCancel: () => void
}

/** Asks where one occurrence is to go: in the schedule's own zone, with what that is in the shown one. */
export function MoveForm({ item, timeZone, ownZone, isBusy, onMove, onCancel }: MoveFormProps) {
  const now = useNow()
  const zone = ownZone ?? timeZone
  const localIn = (at: number) => exactLocalText(new Date(at).toISOString(), zone)
  const [typed, setTyped] = useState(() => ({ local: localIn(firstMove(item, now)), zone }))
  const to = instantOf(typed.local, typed.zone)
  // The schedule's zone may be known only after the form is open: what was typed stays the same moment.
  if (typed.zone !== zone) setTyped({ local: to === null ? typed.local : localIn(to), zone })
  const isPast = to !== null && to <= now
  const zones = [...new Set([zone, timeZone])]
  const moment = (at: number, zone: string) => `${formatDay(at, zone, now)} ${formatClock(at, zone)}`
  return (
    <form
      className="move-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (to !== null) onMove(to)
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.stopPropagation()
        onCancel()
      }}
    >
      <MomentInput
        label="Move to"
        note={zone}
        zone={zone}
        value={typed.local}
        error={isPast ? 'This time is in the past.' : undefined}
        onChange={(local) => setTyped({ local, zone })}
        autoFocus
      />
      <dl aria-live="polite">
        {zones.map((each) => (
          <div key={each}>
            <dt>{each}</dt>
            <dd>
              <s>{moment(item.startsAt, each)}</s> →{' '}
              <b>{to === null ? '…' : `${moment(to, each)} ${formatOffset(to, each)}`}</b>
            </dd>
          </div>
        ))}
      </dl>
      <p>Only this occurrence moves; the rule does not change.</p>
      <Button size="xs" type="submit" loading={isBusy} disabled={to === null}>
        Move
      </Button>
      <Button size="xs" variant="subtle" color="gray" onClick={onCancel}>
        Cancel
      </Button>
    </form>
  )
}
