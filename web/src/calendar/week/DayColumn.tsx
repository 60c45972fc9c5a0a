import { dayEndText } from '../../time/clockHours.ts'
import { itemKey, itemState, sumCounts, type CalendarItem } from '../items/calendarItem.ts'
import type { Placed } from './chipLayout.ts'
import { ItemChip, PileChip, type OpenItems } from '../items/ItemChip.tsx'
import { usersText, type ExcludedPart } from '../items/excludedTimes.ts'
import { pileFace } from '../items/pile.ts'
import { RibbonLane } from './RibbonLane.tsx'
import { spokenOutcomes } from '../items/outcomes.ts'
import { nominalText, spokenCounts, spokenLabel } from '../items/spokenLabel.ts'
import { axisPlace, type TimeAxis } from '../grid/timeAxis.ts'
import { countText, dateText, startOnDay, timeOnDay } from '../grid/timeFormat.ts'
import { scheduleHue } from '../items/scheduleHue.ts'
import type { Tail, WeekChip, WeekDay } from './weekModel.ts'
import { formatDuration } from '../../time/duration.ts'
import './dayColumn.css'

interface DayColumnProps {
  week: WeekDay
  excluded: readonly ExcludedPart[]
  axis: TimeAxis
  now: number
  timeZone: string
  /** Whether a chip has room for a note although it shares the width. */
  isWide?: boolean
  /** Whether durations are shown next to the chips. */
  hasTails?: boolean
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

/** What a pile is called: how many from when on. */
function pileText(items: readonly WeekChip[], { day }: WeekDay): string {
  const total = countText(sumCounts(items.map(({ item }) => item)).total)
  if (items.some(({ item }) => item.startsAt < day.start)) return `${total} at the beginning`
  const times = items.map(({ item }) => timeOnDay(day, item.startsAt))
  const isOneTime =
    items.every(({ item }) => item.kind !== 'pile') && times.every((time) => time === times[0])
  return `${total} ${isOneTime ? 'at' : 'from'} ${times[0]}`
}

/** How long something lasts, in the gutter: where several do at once, it is darker. */
function TailBar({ tail }: { tail: Tail }) {
  const { item, from, to, high, due } = tail
  const state = itemState(item)
  return (
    <>
      {due < from && (
        <i
          className="tail"
          data-part="late"
          data-run-state={state}
          style={{ '--at': due, '--for': from - due }}
        />
      )}
      <i
        className="tail"
        data-run-state={state}
        data-hue={scheduleHue(item.scheduleId)}
        style={{ '--at': from, '--for': to - from }}
      />
      {high > to && (
        <i
          className="tail"
          data-part="high"
          data-run-state={state}
          data-hue={scheduleHue(item.scheduleId)}
          style={{ '--at': to, '--for': high - to }}
        />
      )}
    </>
  )
}

/** Below a chip that is as high as it lasts: until when it may go on; within it, how late it began. */
function Whisker({ tail, blocks }: { tail: Tail; blocks: readonly Placed<WeekChip>[] }) {
  const placed = blocks.find(({ items, key }) => items.length === 1 && key === tail.key)
  if (placed === undefined || placed.top > tail.due + 1 || placed.top + placed.length < tail.to - 1)
    return null
  const bottom = placed.top + placed.length
  const column = { '--column': placed.column, '--columns': placed.columns }
  const hue = scheduleHue(tail.item.scheduleId)
  return (
    <>
      {tail.high > bottom && (
        <i
          className="whisker"
          data-hue={hue}
          style={{ ...column, '--at': bottom, '--for': tail.high - bottom }}
        />
      )}
      {tail.from - tail.due >= 1 && (
        <i
          className="lateness"
          data-hue={hue}
          title="Delay between due time and start"
          style={{ ...column, '--at': tail.due, '--for': tail.from - tail.due }}
        />
      )}
    </>
  )
}

/** How much there is in a range of time where it is too much to draw: the more, the wider, coloured by the worst of it. */
function DensityBar({ item, axis, day }: { item: CalendarItem } & Pick<WeekDay, 'day'> & { axis: TimeAxis }) {
  const { startsAt, endsAt, total } = item
  const from = axisPlace(axis, day, startsAt)
  const to = axisPlace(axis, day, Math.min(endsAt ?? startsAt, day.end))
  const text = `All schedules from ${timeOnDay(day, startsAt)}: ${spokenCounts(item)}`
  const width = Math.min(1, Math.log10(total + 1) / 3)
  return (
    <div
      className="range density"
      data-run-state={itemState(item)}
      title={text}
      style={{ '--at': from, '--for': to - from, '--share': width }}
    >
      <span className="visually-hidden">{text}</span>
      <b aria-hidden>{countText(total)}</b>
    </div>
  )
}

/** One day of a grid of hours: what is excluded of it, what its clock lacks, ribbons, chips, now. */
export function DayColumn(props: DayColumnProps) {
  const { week, excluded, axis, now, timeZone, isWide = false, hasTails = false, openKeys, onOpen } = props
  const { day, blocks, ribbons, tails, ghosts, lacking, density } = week
  const isToday = now >= day.start && now < day.end
  const pastTo = axisPlace(axis, day, now)
  const laneCount = ribbons.filter(({ segments }) => segments.length > 0).length

  const block = (placed: Placed<WeekChip>) => {
    const { items, top, length, column, columns, key } = placed
    const style = { '--at': top, '--for': length, '--column': column, '--columns': columns }
    const item = items[0]?.item
    if (item === undefined) return null
    if (items.length === 1 && item.kind !== 'pile') {
      return (
        <ItemChip
          key={key}
          item={item}
          label={spokenLabel(item, timeZone, now)}
          time={startOnDay(day, item.startsAt, timeZone)}
          note={isWide || columns === 1 ? noteOf(item, now) : null}
          isOpen={openKeys.has(itemKey(item))}
          style={style}
          onOpen={onOpen}
        />
      )
    }
    const text = pileText(items, week)
    const all = items.map((each) => each.item)
    return (
      <PileChip
        key={key}
        items={all}
        face={pileFace(all, startOnDay(day, item.startsAt, timeZone))}
        label={`${text}, ${dateText(day.date, 'short')} ${timeZone}, ${spokenOutcomes(all)}`}
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
      data-day={day.date}
      data-today={isToday || undefined}
      style={{
        '--lanes': laneCount === 0 ? 0 : ribbons.length,
        '--tails': hasTails && tails.length > 0 ? '7px' : '0px',
      }}
    >
      {now > day.start && <div className="range past" style={{ '--at': 0, '--for': pastTo }} />}
      {excluded.map(({ key, name, calendar, start, end, isWholeDay, usedBy }) => {
        const from = axisPlace(axis, day, start)
        const times = `${timeOnDay(day, start)}–${end === day.end ? dayEndText() : timeOnDay(day, end)}`
        return (
          <div
            key={key}
            className="range excluded"
            title={`${name}, excluded ${isWholeDay ? 'all day' : times} by ${calendar}${usersText(usedBy)}`}
            style={{ '--at': from, '--for': axisPlace(axis, day, end) - from }}
          >
            {!isWholeDay && (
              <span>
                {name}
                <span className="visually-hidden">, excluded {times}</span>
              </span>
            )}
          </div>
        )
      })}
      {density.map((item) => (
        <DensityBar key={item.startsAt} {...{ item, axis, day }} />
      ))}
      {lacking.map(({ from, to }) => (
        <div
          key={from}
          className="range lacking"
          title="This hour does not exist on this day"
          style={{ '--at': from, '--for': to - from }}
        />
      ))}
      {ribbons.map(({ lane, segments }, index) => (
        <RibbonLane key={lane.key} {...{ lane, segments, index, axis, day, timeZone, onOpen }} />
      ))}
      {hasTails && tails.map((tail) => <TailBar key={tail.key} tail={tail} />)}
      {!hasTails && tails.map((tail) => <Whisker key={tail.key} tail={tail} blocks={blocks} />)}
      {ghosts.map(({ key, item, at }) => (
        <i
          key={`ghost ${key}`}
          className="ghost"
          title={`Nominal place of ${item.scheduleName}, ${nominalText(item, timeZone) ?? ''}`}
          style={{ '--at': at }}
        />
      ))}
      {blocks.map(block)}
      {isToday && <div className="now-line" style={{ '--at': pastTo }} />}
    </div>
  )
}
