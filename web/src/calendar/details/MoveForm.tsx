import { Button, TextInput } from '@mantine/core'
import { useState } from 'react'
import { instantOf, localText } from '../../time/localTime.ts'
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

/** Asks where one occurrence is to go: in the shown zone, with what that is in the schedule's own. */
export function MoveForm({ item, timeZone, ownZone, isBusy, onMove, onCancel }: MoveFormProps) {
  const now = useNow()
  const [local, setLocal] = useState(() =>
    localText(new Date(firstMove(item, now)).toISOString(), timeZone).slice(0, 16),
  )
  const to = instantOf(local, timeZone)
  const isPast = to !== null && to <= now
  const zones = [...new Set([timeZone, ownZone ?? timeZone])]
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
      <TextInput
        size="xs"
        type="datetime-local"
        label={`Move to, ${timeZone}`}
        value={local}
        error={isPast ? 'This time is in the past.' : undefined}
        onChange={(event) => setLocal(event.currentTarget.value)}
        autoFocus
      />
      <dl aria-live="polite">
        {zones.map((zone) => (
          <div key={zone}>
            <dt>{zone}</dt>
            <dd>
              <s>{moment(item.startsAt, zone)}</s> →{' '}
              <b>{to === null ? '…' : `${moment(to, zone)} ${formatOffset(to, zone)}`}</b>
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
