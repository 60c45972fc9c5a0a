import { Button, NativeSelect, NumberInput, TextInput } from '@mantine/core'
import { IconArrowRight, IconChevronsRight, IconPlayerPause } from '@tabler/icons-react'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import type { Problem } from '../../graphql/error.ts'
import { ProblemNote } from '../../panel/ProblemNote.tsx'
import { formatClock, formatDay } from '../../time/instant.ts'
import '../../theme/moreStyles.ts'
import type { BulkChanges } from '../changes/bulkChanges.ts'
import { shiftText } from '../drag/dragTarget.ts'
import { countText } from '../grid/timeFormat.ts'
import { isUpcoming, type CalendarItem } from '../items/calendarItem.ts'
import { movePlan, pausePlan, shifted, skipPlan, type Shift } from './bulkPlan.ts'
import type { Deed } from './selection.ts'
import { useClosedBySchedule } from './useClosedBySchedule.ts'
import { usePausedOccurrences } from './usePausedOccurrences.ts'

interface SelectionBarProps {
  items: readonly CalendarItem[]
  deed: Deed | null
  timeZone: string
  now: number
  bulk: BulkChanges
  onAsk: (deed: Deed | null) => void
  onClear: () => void
}

function plural(count: number, one: string): string {
  return `${countText(count)} ${one}${count === 1 ? '' : 's'}`
}

interface PreviewProps extends Omit<SelectionBarProps, 'deed' | 'onAsk'> {
  onCancel: () => void
}

interface FrameProps {
  title: string
  /** The numbers: what happens, to how many. */
  numbers: readonly (readonly [number: string, text: string])[]
  refused: readonly { item: CalendarItem; why: string }[]
  problem?: Problem | null
  /** What it does, on its button; null: nothing. */
  action: string | null
  timeZone: string
  onDo: (reason: string | null) => void
  onCancel: () => void
  children?: ReactNode
}

const mostRefusals = 4

/** What a deed would do, in numbers, and what it leaves as it is; done by its button. */
function DeedPreview(props: FrameProps) {
  const { title, numbers, refused, problem = null, action, timeZone, onDo, onCancel, children } = props
  const [reason, setReason] = useState('')
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => form.current?.querySelector<HTMLElement>('input')?.focus(), [])
  const left = refused.length - mostRefusals
  return (
    <div className="deed" role="dialog" aria-label={title}>
      <form
        ref={form}
        onSubmit={(event) => {
          event.preventDefault()
          if (action !== null) onDo(reason.trim() === '' ? null : reason.trim())
        }}
      >
        <h2>{title}</h2>
        {children}
        <dl className="deed-numbers" aria-live="polite">
          {numbers.map(([number, text]) => (
            <div key={text}>
              <dd>{number}</dd>
              <dt>{text}</dt>
            </div>
          ))}
        </dl>
        {refused.length > 0 && (
          <ul className="deed-refused">
            {refused.slice(0, mostRefusals).map(({ item, why }) => (
              <li key={`${item.scheduleId} ${item.startsAt}`}>
                <b>{item.scheduleName}</b> {formatDay(item.startsAt, timeZone)}{' '}
                {formatClock(item.startsAt, timeZone)}: {why}
              </li>
            ))}
            {left > 0 && <li>and {countText(left)} more</li>}
          </ul>
        )}
        {problem !== null && <ProblemNote problem={problem} />}
        <TextInput
          size="xs"
          label="Reason"
          placeholder="Optional, for others to see"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <div className="deed-buttons">
          <small>
            One undo takes all of it back<kbd className="only-wide">Z</kbd>
          </small>
          <Button size="xs" variant="subtle" color="gray" onClick={onCancel}>
            Cancel
          </Button>
          <Button size="xs" type="submit" disabled={action === null}>
            {action ?? 'Nothing to do'}
          </Button>
        </div>
      </form>
    </div>
  )
}

/** The range in which it must be known where occurrences belong: with a day around it, so that what is closed has its whole length. */
function rangeOf(items: readonly CalendarItem[], now: number): [number, number] {
  const times = items.map(({ startsAt }) => startsAt)
  const hour = 3_600_000
  const full = (at: number) => Math.floor(at / hour) * hour
  return [full(Math.min(now, ...times)) - 24 * hour, full(Math.max(now, ...times)) + 25 * hour]
}

const counted = (count: number | undefined) => (count === undefined ? '…' : countText(count))

function SkipPreview({ items, timeZone, now, bulk, onCancel, onClear }: PreviewProps) {
  const { closed, problem } = useClosedBySchedule(items, ...rangeOf(items, now))
  const plan = closed && skipPlan(items, { closed, now, timeZone })
  const count = plan?.changes.length
  return (
    <DeedPreview
      title={`Skip ${plural(items.filter(isUpcoming).length, 'occurrence')}`}
      numbers={[
        [counted(count), `of ${countText(items.length)} will not run`],
        [counted(plan?.refused.length), 'stay as they are'],
        [
          counted(plan ? new Set(plan.changes.map(({ item }) => item.scheduleId)).size : undefined),
          'schedules',
        ],
      ]}
      refused={plan?.refused ?? []}
      {...{ problem, timeZone, onCancel }}
      action={count ? `Skip ${countText(count)}` : null}
      onDo={(reason) => {
        onClear()
        if (plan) void bulk.occurrences(plan.changes, reason)
      }}
    />
  )
}

type Unit = 'minutes' | 'hours' | 'days'

const units: readonly Unit[] = ['minutes', 'hours', 'days']

function shiftOf(amount: number, unit: Unit): Shift {
  return unit === 'days' ? { days: amount } : { minutes: amount * (unit === 'hours' ? 60 : 1) }
}

function MovePreview({ items, timeZone, now, bulk, onCancel, onClear }: PreviewProps) {
  const [amount, setAmount] = useState<number | string>(1)
  const [unit, setUnit] = useState<Unit>('hours')
  const by = typeof amount === 'number' && Number.isInteger(amount) ? amount : 0
  const shift = shiftOf(by, unit)
  const places = items.flatMap((item) => [
    item,
    { ...item, startsAt: shifted(item.startsAt, shift, timeZone) },
  ])
  const { closed, problem } = useClosedBySchedule(items, ...rangeOf(places, now))
  const plan = closed && movePlan(items, shift, { closed, now, timeZone })
  const moved = plan?.changes.flatMap(({ change }) => (change.do === 'move' ? [change.to] : [])) ?? []
  const place = (at: number) => `${formatDay(at, timeZone)} ${formatClock(at, timeZone)}`
  const text = 'days' in shift ? `${by < 0 ? '−' : '+'}${Math.abs(by)} d` : shiftText(shift.minutes * 60_000)
  return (
    <DeedPreview
      title={`Move ${plural(items.filter(isUpcoming).length, 'occurrence')} by…`}
      numbers={[
        [counted(plan?.changes.length), `of ${countText(items.length)} move by ${text}`],
        [counted(plan?.refused.length), 'stay where they are'],
      ]}
      refused={plan?.refused ?? []}
      {...{ problem, timeZone, onCancel }}
      action={moved.length > 0 ? `Move ${countText(moved.length)}` : null}
      onDo={(reason) => {
        onClear()
        if (plan) void bulk.occurrences(plan.changes, reason)
      }}
    >
      <div className="deed-fields">
        <NumberInput
          size="xs"
          label="By"
          min={-1000}
          max={1000}
          allowDecimal={false}
          value={amount}
          onChange={setAmount}
        />
        <NativeSelect
          size="xs"
          label="Unit"
          data={[...units]}
          value={unit}
          onChange={(event) => setUnit(units.find((each) => each === event.currentTarget.value) ?? 'hours')}
        />
      </div>
      {moved.length > 0 && (
        <p className="muted">
          First at {place(Math.min(...moved))}
          {moved.length > 1 && `, last at ${place(Math.max(...moved))}`}, {timeZone}. The rules do not change.
        </p>
      )}
    </DeedPreview>
  )
}

function PausePreview({ items, timeZone, now, bulk, onCancel, onClear }: PreviewProps) {
  const { closed, problem } = useClosedBySchedule(items, ...rangeOf([], now))
  const plan = closed && pausePlan(items, { closed, now, timeZone })
  const all = new Set(items.map(({ scheduleId }) => scheduleId)).size
  const held = usePausedOccurrences(plan?.schedules.map(({ scheduleId }) => scheduleId) ?? [], now)
  const count = plan?.schedules.length
  return (
    <DeedPreview
      title={`Pause ${plural(all, 'schedule')}`}
      numbers={[
        [counted(count), `of ${countText(all)} will pause`],
        [counted(plan?.refused.length), 'stay as they are'],
        [counted(plan ? (held ?? undefined) : undefined), 'due in 7 days will not run'],
      ]}
      refused={plan?.refused ?? []}
      {...{ problem, timeZone, onCancel }}
      action={count ? `Pause ${countText(count)}` : null}
      onDo={(reason) => {
        onClear()
        if (plan) void bulk.pause(plan.schedules, reason)
      }}
    />
  )
}

const previews: Record<Deed, (props: PreviewProps) => ReactNode> = {
  skip: SkipPreview,
  move: MovePreview,
  pause: PausePreview,
}

/** How many are selected, and what can be done with all of them. */
export function SelectionBar({ deed, onAsk, ...props }: SelectionBarProps) {
  const { items, onClear } = props
  const upcoming = items.filter(isUpcoming).length
  const schedules = new Set(items.map(({ scheduleId }) => scheduleId)).size
  const Preview = deed === null ? null : previews[deed]
  const buttons: readonly {
    of: Deed
    text: string
    key: string | null
    Icon: typeof IconArrowRight
    count: number
  }[] = [
    { of: 'skip', text: 'Skip…', key: 'X', Icon: IconChevronsRight, count: upcoming },
    { of: 'move', text: 'Move by…', key: null, Icon: IconArrowRight, count: upcoming },
    { of: 'pause', text: 'Pause…', key: null, Icon: IconPlayerPause, count: schedules },
  ]
  return (
    <section className="selection" aria-label="Selection">
      {Preview !== null && <Preview {...props} onCancel={() => onAsk(null)} />}
      <div className="selection-bar" role="toolbar" aria-label="Selected">
        <span className="selection-count">
          <b>{countText(items.length)} selected</b>
          <small>
            {countText(upcoming)} upcoming, {plural(schedules, 'schedule')}
          </small>
        </span>
        {buttons.map(({ of, text, key, Icon, count }) => (
          <Button
            key={of}
            size="xs"
            variant={deed === of ? 'light' : 'subtle'}
            {...(deed === of ? {} : { color: 'gray' })}
            leftSection={<Icon size={14} aria-hidden />}
            disabled={count === 0}
            aria-expanded={deed === of}
            {...(key === null ? {} : { title: `${text} (${key})` })}
            onClick={() => onAsk(deed === of ? null : of)}
          >
            {text}
          </Button>
        ))}
        <Button
          size="xs"
          variant="subtle"
          color="gray"
          rightSection={<kbd className="only-wide">Esc</kbd>}
          onClick={onClear}
        >
          Clear
        </Button>
      </div>
    </section>
  )
}
