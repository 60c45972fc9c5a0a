import { memo, useMemo } from 'react'
import { runStateLabel } from '../../runs/runState.ts'
import { formatClock, formatFull } from '../../time/instant.ts'
import { useWarningsOf, warningsText } from '../../schedules/warnings/scheduleWarnings.ts'
import { isUpcoming } from '../items/calendarItem.ts'
import type { ExcludedTime } from '../items/excludedTimes.ts'
import type { OpenItems } from '../items/ItemChip.tsx'
import { spokenOutcomes } from '../items/outcomes.ts'
import { scheduleHue } from '../items/scheduleHue.ts'
import { reasonText, spokenCounts, spokenLabel } from '../items/spokenLabel.ts'
import type { UsualDurations } from '../items/usualDurations.ts'
import { useIsSelected } from '../select/selection.ts'
import { groupPins, isNoted, laneBlock, type GroupPin, type Lane, type LaneBlock } from './lanesModel.ts'

/** The scale on which all lanes stand. */
export interface LaneScale {
  start: number
  end: number
  now: number
  timeZone: string
}

/** Where something lies on a lane, as shares of it. */
export function placeOn(
  { start, end }: LaneScale,
  from: number,
  to: number,
): { '--from': number; '--for': number } {
  const share = (at: number) => Math.max(0, Math.min(1, (at - start) / (end - start)))
  return { '--from': share(from), '--for': Math.max(0, share(to) - share(from)) }
}

/** Of the width of a lane, what a note takes. */
const noteShare = 0.08

/** By key, whether nothing follows a block so closely that its note would overlap it. */
function withRoom(blocks: readonly LaneBlock[], { start, end }: LaneScale): ReadonlySet<string> {
  const starts = blocks.map(({ from }) => from).sort((a, b) => a - b)
  const room = (end - start) * noteShare
  return new Set(
    blocks
      .filter(({ from, to }) => {
        const next = starts.find((at) => at > from)
        return next === undefined || next - Math.max(from, to) >= room
      })
      .map(({ key }) => key),
  )
}

interface BlockProps {
  block: LaneBlock
  /** Nothing else begins where its note would stand. */
  hasRoom: boolean
  scale: LaneScale
  isOpen: boolean
  onOpen: OpenItems
}

/** What is next to a block that someone should see. */
function noteOf({ item, state }: LaneBlock, timeZone: string): string | null {
  if (item.kind === 'bucket') return item.failed > 1 ? `${item.failed} failed` : null
  const clock = formatClock(item.startsAt, timeZone, 'never')
  if (state === 'missed') return `${clock} ${reasonText(item) ?? 'missed'}`
  if (state === 'running') return null
  return isNoted(state) ? `${clock} ${runStateLabel(state).toLowerCase()}` : null
}

function Block({ block, hasRoom, scale, isOpen, onOpen }: BlockProps) {
  const { key, item, state, from, to, high, due } = block
  const isSelected = useIsSelected(key)
  const warnings = useWarningsOf(item.scheduleId)
  const plain =
    item.kind === 'bucket'
      ? `${item.scheduleName}, ${formatFull(item.startsAt, scale.timeZone)}, ${spokenCounts(item)}`
      : spokenLabel(item, scale.timeZone, scale.now)
  const label = isUpcoming(item) && warnings.length > 0 ? `${plain}. ${warningsText(warnings)}` : plain
  const late = due === null ? null : Math.min(from, scale.end)
  const note = hasRoom ? noteOf(block, scale.timeZone) : null
  return (
    <>
      {due !== null && late !== null && late > due && (
        <i className="lane-wait" data-run-state={state} style={placeOn(scale, due, late)} />
      )}
      {high !== null && high > to && (
        <i
          className="lane-whisker"
          data-run-state={state}
          data-hue={scheduleHue(item.scheduleId)}
          style={placeOn(scale, to, high)}
        />
      )}
      {item.kind === 'bucket' && item.running > 0 && (
        <i
          className="lane-running"
          data-run-state="running"
          style={placeOn(scale, Math.max(from, scale.start), Math.max(from, scale.now))}
        />
      )}
      <button
        type="button"
        className="lane-block"
        data-kind={item.kind}
        data-run-state={state}
        data-hue={scheduleHue(item.scheduleId)}
        data-item={key}
        data-at={item.startsAt}
        data-selected={isSelected || undefined}
        data-stop
        tabIndex={-1}
        aria-expanded={isOpen}
        title={label}
        style={placeOn(scale, Math.max(from, scale.start), to)}
        onClick={(event) => onOpen([item], event.currentTarget)}
      >
        <span className="visually-hidden">
          {label}
          {isSelected && ', selected'}
        </span>
      </button>
      {note !== null && (
        <span
          className="lane-note"
          data-run-state={state}
          aria-hidden
          style={placeOn(scale, Math.max(to, from), to)}
        >
          {note}
        </span>
      )}
    </>
  )
}

interface LaneTrackProps {
  lane: Lane
  scale: LaneScale
  usual: UsualDurations
  excluded: readonly ExcludedTime[]
  openKeys: ReadonlySet<string>
  onOpen: OpenItems
}

/** One schedule along time: what ran as long as it ran, what is upcoming as long as it usually takes. */
export const LaneTrack = memo(function LaneTrack(props: LaneTrackProps) {
  const { lane, scale, usual, excluded, openKeys, onOpen } = props
  const blocks = lane.items
    .map((item) => laneBlock(item, usual, scale.now))
    .filter(({ from, to, due }) => Math.max(to, from) >= scale.start && (due ?? from) < scale.end)
    // Those that someone should see are above the others.
    .sort((a, b) => Number(isNoted(a.state)) - Number(isNoted(b.state)))
  const free = withRoom(blocks, scale)
  return (
    <>
      {excluded
        .filter(
          ({ calendar, start, end }) =>
            lane.calendars.includes(calendar) && start < scale.end && end > scale.start,
        )
        .map(({ calendar, label, start, end }) => (
          <i
            key={`${calendar} ${start}`}
            className="lane-excluded"
            title={`${label ?? calendar}: excluded ${formatFull(start, scale.timeZone)} to ${formatFull(end, scale.timeZone)}`}
            style={placeOn(scale, start, end)}
          >
            <span>{label ?? calendar}</span>
          </i>
        ))}
      {blocks.map((block) => (
        <Block
          key={block.key}
          isOpen={openKeys.has(block.key)}
          hasRoom={free.has(block.key)}
          {...{ block, scale, onOpen }}
        />
      ))}
    </>
  )
})

interface GroupTrackProps {
  lanes: readonly Lane[]
  isOpen: boolean
  scale: LaneScale
  /** Of the track, in pixels. */
  width: number
  onOpen: OpenItems
}

/** What a pin says to those who do not see where it is. */
function pinLabel({ items }: GroupPin, { timeZone, now }: LaneScale): string {
  return items.map((item) => spokenLabel(item, timeZone, now)).join('\n')
}

/** The head of a group along time: while it is closed, what someone should see is listed on it. */
export function GroupTrack({ lanes, isOpen, scale, width, onOpen }: GroupTrackProps) {
  const pins = useMemo(() => (isOpen ? [] : groupPins(lanes, scale, width)), [lanes, isOpen, scale, width])
  return pins.map((pin) => (
    <button
      key={pin.key}
      type="button"
      className="lane-pin"
      data-run-state={pin.state}
      data-stop
      tabIndex={-1}
      title={pinLabel(pin, scale)}
      style={placeOn(scale, pin.at, pin.at)}
      onClick={(event) => onOpen(pin.items, event.currentTarget)}
    >
      {pin.text}
      <span className="visually-hidden">
        , {pin.items.length === 1 ? runStateLabel(pin.state).toLowerCase() : spokenOutcomes(pin.items)}
      </span>
    </button>
  ))
}
