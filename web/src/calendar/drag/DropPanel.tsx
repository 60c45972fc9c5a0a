import { Button, TextInput } from '@mantine/core'
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { formatClock, formatDay, formatOffset } from '../../time/instant.ts'
import { tellRefusal } from '../../panel/tellRefusal.ts'
import type { CalendarChanges } from '../changes/useOccurrenceChanges.ts'
import { Anchored } from '../details/Anchored.tsx'
import { itemKey, type CalendarItem } from '../items/calendarItem.ts'
import { FollowingNote } from './FollowingNote.tsx'
import { LoadCurve } from './LoadCurve.tsx'
import { useLoadAround } from './useLoadAround.ts'
import { useMovePlan } from './useMovePlan.ts'

interface DropPanelProps {
  item: CalendarItem
  to: number
  timeZone: string
  ownZone: string | null
  anchor: () => Element | null
  changes: CalendarChanges
  /** It is answered: moved, or put back. */
  onClose: () => void
  /** What follows is a schedule of its own now, whose rule is to be changed. */
  onSplit: (scheduleId: string) => void
}

type Choice = 'this' | 'following' | 'split'

interface ChoiceCardProps {
  value: Choice
  name: string
  digit: string
  chosen: Choice
  isDisabled?: boolean
  onChoose: (choice: Choice) => void
  children: ReactNode
}

function ChoiceCard({ value, name, digit, chosen, isDisabled = false, onChoose, children }: ChoiceCardProps) {
  return (
    <label className="drop-choice">
      <input
        type="radio"
        name="drop"
        checked={chosen === value}
        disabled={isDisabled}
        onChange={() => onChoose(value)}
      />
      <b>{name}</b>
      <kbd aria-hidden>{digit}</kbd>
      <div>{children}</div>
    </label>
  )
}

/** Asks what a dropped occurrence means: it alone, or it and all that follow. */
export function DropPanel({
  item,
  to,
  timeZone,
  ownZone,
  anchor,
  changes,
  onClose,
  onSplit,
}: DropPanelProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  const opener = useRef(document.activeElement)
  const plan = useMovePlan(item, to)
  const { load, capacity } = useLoadAround(item, to, timeZone)
  const [choice, setChoice] = useState<Choice>('this')
  const [reason, setReason] = useState('')
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])

  const canFollow = plan !== null && plan.changes !== null
  const canSplit = plan !== null && plan.canSplit
  const zones = [...new Set([timeZone, ownZone ?? timeZone])]
  const day = (at: number, zone: string) => formatDay(at, zone)
  const isOtherDay = (zone: string) => day(item.startsAt, zone) !== day(to, zone)
  const title = `Move ${item.scheduleName} on ${day(item.startsAt, timeZone)} from ${formatClock(item.startsAt, timeZone)} to ${
    isOtherDay(timeZone) ? `${day(to, timeZone)} ` : ''
  }${formatClock(to, timeZone)}?`

  const close = () => {
    onClose()
    // A finger gives nothing the focus.
    const chip = `[data-item="${CSS.escape(itemKey(item))}"]`
    const back = opener.current === document.body ? document.querySelector(chip) : opener.current
    if (back instanceof HTMLElement) back.focus({ preventScroll: true })
  }
  /** It is at its new place at once; if it is refused it goes back, and a note says why. */
  const move = () => {
    const why = reason.trim() === '' ? null : reason.trim()
    close()
    if (choice === 'following' && plan !== null) void changes.following(item, to, plan)
    else if (choice === 'split' && plan !== null)
      void changes.split(item, to, plan).then((scheduleId) => {
        if (scheduleId !== null) onSplit(scheduleId)
      })
    else
      void changes
        .occurrence(item, { do: 'move', to }, why)
        .then((refused) => tellRefusal(refused, `Could not move ${item.scheduleName}`))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const isTyping = event.target instanceof HTMLInputElement && event.target.type === 'text'
    if (event.key === 'Escape') close()
    else if (event.key === 'Enter' && !(event.target instanceof HTMLButtonElement)) move()
    else if (!isTyping && event.key === '1') setChoice('this')
    else if (!isTyping && event.key === '2' && canFollow) setChoice('following')
    else if (!isTyping && event.key === '3' && canSplit) setChoice('split')
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const many = choice === 'following' && plan?.preview ? plan.preview.moved : 1

  return (
    <Anchored anchor={anchor} label={title} className="drop-panel" onLeave={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          move()
        }}
        onKeyDown={onKeyDown}
      >
        <h2 ref={heading} tabIndex={-1} data-autofocus>
          {title}
        </h2>
        <dl>
          {zones.map((zone) => (
            <div key={zone} style={{ display: 'contents' }}>
              <dt>
                {zone} {formatOffset(to, zone)}
              </dt>
              <dd>
                <s>
                  {isOtherDay(zone) && `${day(item.startsAt, zone)} `}
                  {formatClock(item.startsAt, zone)}
                </s>{' '}
                →{' '}
                <b>
                  {isOtherDay(zone) && `${day(to, zone)} `}
                  {formatClock(to, zone)}
                </b>
              </dd>
            </div>
          ))}
        </dl>
        <ChoiceCard value="this" name="This occurrence" digit="1" chosen={choice} onChoose={setChoice}>
          <p className="muted">Only this one moves; the rule stays the same.</p>
        </ChoiceCard>
        <ChoiceCard
          value="following"
          name="This and following"
          digit="2"
          chosen={choice}
          isDisabled={!canFollow}
          onChoose={setChoice}
        >
          <FollowingNote plan={plan} item={item} timeZone={timeZone} />
        </ChoiceCard>
        {canSplit && (
          <ChoiceCard value="split" name="Split" digit="3" chosen={choice} onChoose={setChoice}>
            <p className="muted">
              {item.scheduleName} ends before {day(item.startsAt, timeZone)}{' '}
              {formatClock(item.startsAt, timeZone)}. What follows continues in a schedule of its own, with
              this one moved; its form opens, to change its rule.
            </p>
          </ChoiceCard>
        )}
        {choice === 'this' && (
          <TextInput
            size="xs"
            label="Reason"
            placeholder="Optional, for others to see"
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        )}
        {load !== null && <LoadCurve {...{ load, capacity, timeZone }} />}
        <div className="drop-buttons">
          <Button size="xs" variant="subtle" color="gray" onClick={close}>
            Cancel
          </Button>
          <Button size="xs" type="submit">
            {choice === 'split' ? 'Split' : many > 1 ? `Move ${many.toLocaleString('en-GB')}` : 'Move'}
          </Button>
        </div>
      </form>
    </Anchored>
  )
}
