import { itemKey, itemPlace, itemState, sumCounts, type CalendarItem } from './calendarItem.ts'
import type { Placed } from './chipLayout.ts'
import { ItemChip, PileChip, type OpenItems } from './ItemChip.tsx'
import { RibbonLane } from './RibbonLane.tsx'
import { spokenCounts, spokenLabel } from './spokenLabel.ts'
import { axisPlace, type TimeAxis } from './timeAxis.ts'
import { countText, dateText, timeOnDay } from './timeFormat.ts'
import type { WeekChip, WeekDay } from './weekModel.ts'
import { formatDuration } from '../time/duration.ts'

interface DayColumnProps {
  week: WeekDay
  axis: TimeAxis
  now: number
  timeZone: string
  openKeys: ReadonlySet<string>
  onOpen: OpenItems
}

function noteOf(item: CalendarItem, now: number): string | null {
  const state = itemState(item)
  if (state === 'retrying' && item.attempt !== null)
    return `${item.attempt}/${item.maxAttempts ?? item.attempt}`
  if (state === 'running' && item.startedAt !== null) return formatDuration(Math.max(0, now - item.startedAt))
  if (item.kind === 'omission' && item.total > 1) return `×${countText(item.total)}`
  return null
}

function pileText(items: readonly WeekChip[], { day }: WeekDay, afterFailures: boolean): string {
  const total = countText(sumCounts(items.map(({ item }) => item)).total)
  if (afterFailures) return `${total} more`
  const times = items.map(({ item }) => timeOnDay(day, itemPlace(item)))
  return times.every((time) => time === times[0]) ? `${total} at ${times[0]}` : `${total} from ${times[0]}`
}

function isBelowFailure(placed: Placed<WeekChip>, before: Placed<WeekChip> | undefined): boolean {
  return before?.items[0]?.isFailure === true && Math.abs(before.top + before.length - placed.top) < 1
}

/** One day of the week: what its clock lacks, ribbons, chips, now. */
export function DayColumn({ week, axis, now, timeZone, openKeys, onOpen }: DayColumnProps) {
  const { day, blocks, ribbons, lacking } = week
  const isToday = now >= day.start && now < day.end
  const pastTo = axisPlace(axis, day, now)
  const laneCount = ribbons.filter(({ segments }) => segments.length > 0).length

  const block = (placed: Placed<WeekChip>, index: number) => {
    const { items, top, length, column, columns, key } = placed
    const style = { '--at': top, '--for': length, '--column': column, '--columns': columns }
    const item = items[0]?.item
    if (item === undefined) return null
    if (items.length === 1) {
      return (
        <ItemChip
          key={key}
          item={item}
          label={spokenLabel(item, timeZone, now)}
          time={timeOnDay(day, itemPlace(item))}
          note={columns === 1 ? noteOf(item, now) : null}
          isOpen={openKeys.has(itemKey(item))}
          style={style}
          onOpen={onOpen}
        />
      )
    }
    const text = pileText(items, week, isBelowFailure(placed, blocks[index - 1]))
    const all = items.map((each) => each.item)
    return (
      <PileChip
        key={key}
        items={all}
        text={text}
        label={`${text}, ${dateText(day.date, 'short')} ${timeZone}, ${spokenCounts(sumCounts(all))}`}
        isOpen={false}
        style={style}
        onOpen={onOpen}
      />
    )
  }

  return (
    <div
      className="day"
      role="gridcell"
      data-today={isToday || undefined}
      style={{ '--lanes': laneCount === 0 ? 0 : ribbons.length }}
    >
      {now > day.start && <div className="stretch past" style={{ '--at': 0, '--for': pastTo }} />}
      {lacking.map(({ from, to }) => (
        <div
          key={from}
          className="stretch lacking"
          title="This hour does not exist on this day"
          style={{ '--at': from, '--for': to - from }}
        />
      ))}
      {ribbons.map(({ lane, segments }, index) => (
        <RibbonLane key={lane.key} {...{ lane, segments, index, axis, day, timeZone, onOpen }} />
      ))}
      {blocks.map(block)}
      {isToday && <div className="now-line" style={{ '--at': pastTo }} />}
    </div>
  )
}
