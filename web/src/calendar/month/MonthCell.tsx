import { memo } from 'react'
import { RunGlyph } from '../../runs/RunGlyph.tsx'
import { dayEndText } from '../../time/clockHours.ts'
import { itemKey, itemState, sumCounts, type CalendarItem } from '../items/calendarItem.ts'
import { ItemChip, type OpenItems } from '../items/ItemChip.tsx'
import { monthCellContent, type MonthDay, type MonthLine } from './monthModel.ts'
import { OutcomeBar } from '../items/OutcomeBar.tsx'
import { spokenOutcomes } from '../items/outcomes.ts'
import { spokenCounts, spokenLabel } from '../items/spokenLabel.ts'
import { countText, dateText, timeOnDay } from '../grid/timeFormat.ts'
import { scheduleHue } from '../items/scheduleHue.ts'

interface MonthCellProps {
  cell: MonthDay
  isFirst: boolean
  /** Height below the date, in pixels. */
  room: number
  /** There is room for counts alone. */
  isNarrow: boolean
  now: number
  timeZone: string
  openKeys: ReadonlySet<string>
  openedKey?: string | undefined
  keptKey?: string | null
  onOpen: OpenItems
  onShowDay: (date: string) => void
  /** Shows all of a day as a list. */
  onListDay: (date: string) => void
}

function FrequentLine({ line, date, onOpen }: { line: MonthLine; date: string; onOpen: OpenItems }) {
  const { counts, missed } = line
  const bad =
    counts.failed > 0
      ? `${countText(counts.failed)} failed`
      : missed > 0
        ? `${countText(missed)} missed`
        : null
  const spoken = [spokenCounts(counts), missed > 0 ? `${countText(missed)} missed` : null]
    .filter(Boolean)
    .join(', ')
  return (
    <button
      type="button"
      className="month-line"
      data-run-state={line.state}
      data-hue={scheduleHue(line.scheduleId)}
      data-stop
      tabIndex={-1}
      title={`${line.name}: ${spoken}`}
      onClick={(event) => onOpen(line.items, event.currentTarget)}
    >
      <span className="visually-hidden">
        {line.name}, {dateText(date, 'short')}, {spoken}
      </span>
      <span aria-hidden>{line.name}</span>
      <b aria-hidden>{countText(counts.total)}</b>
      {bad !== null && (
        <em aria-hidden data-run-state={counts.failed > 0 ? 'failed' : 'missed'}>
          {bad}
        </em>
      )}
    </button>
  )
}

/** What a day holds where there is too much to list: how many, and how they went. */
function MonthDensity({
  items,
  date,
  onShow,
}: {
  items: readonly CalendarItem[]
  date: string
  onShow: (date: string) => void
}) {
  const counts = sumCounts(items)
  return (
    <button
      type="button"
      className="month-density"
      data-stop
      tabIndex={-1}
      title={spokenCounts(counts)}
      onClick={() => onShow(date)}
    >
      <span className="visually-hidden">
        {dateText(date, 'short')}, all schedules together: {spokenCounts(counts)}
      </span>
      <b aria-hidden>{countText(counts.total)}</b>
      <OutcomeBar items={items} />
    </button>
  )
}

/** On a phone: how many a day has, how many of them failed, and how they went. */
function DaySummary({ cell, onList }: { cell: MonthDay; onList: (date: string) => void }) {
  const items = [...cell.lines.flatMap((line) => line.items), ...cell.entries, ...cell.piles, ...cell.density]
  if (items.length === 0) return null
  const counts = sumCounts(items)
  return (
    <button
      type="button"
      className="month-summary"
      data-stop
      tabIndex={-1}
      onClick={() => onList(cell.day.date)}
    >
      <span className="visually-hidden">
        {dateText(cell.day.date, 'short')}: {spokenCounts(counts)}
      </span>
      {counts.failed > 0 && (
        <em aria-hidden data-run-state="failed">
          <RunGlyph state="failed" />
          {countText(counts.failed)}
        </em>
      )}
      <b aria-hidden>{countText(counts.total)}</b>
      <OutcomeBar items={items} />
    </button>
  )
}

/** A day in the month: failures first, one line per frequent schedule, what does not fit as a bar. */
export const MonthCell = memo(function MonthCell(props: MonthCellProps) {
  const { cell, isFirst, room, isNarrow, now, timeZone, openKeys, onOpen, onShowDay, onListDay } = props
  const { openedKey, keptKey } = props
  const { day } = cell
  const content = monthCellContent(
    cell,
    { room: cell.density.length > 0 ? room - 34 : room, line: 16, entry: 19 },
    (key) => key === openedKey || key === keptKey,
  )
  const isToday = now >= day.start && now < day.end
  const isFirstOfMonth = day.date.endsWith('-01')
  const isExcluded = cell.excluded.some(({ isWholeDay }) => isWholeDay)
  const excluded = cell.excluded.map(({ name, start, end, isWholeDay }) => ({
    name,
    text: isWholeDay
      ? name
      : `${name} ${timeOnDay(day, start)}–${end === day.end ? dayEndText() : timeOnDay(day, end)}`,
  }))
  const excludedText = `Excluded: ${excluded.map(({ text }) => text).join(', ')}`
  return (
    <div
      className="month-cell"
      role="gridcell"
      data-cell={day.date}
      aria-current={isToday ? 'date' : undefined}
      data-past={day.end <= now || undefined}
      data-out={!cell.isInMonth || undefined}
      data-excluded={isExcluded || undefined}
      data-open={cell.entries.some((item) => itemKey(item) === openedKey) || undefined}
    >
      <header>
        <button type="button" tabIndex={-1} data-stop onClick={() => onShowDay(day.date)}>
          <span aria-hidden>
            {isFirst || isFirstOfMonth ? dateText(day.date, 'day and month') : Number(day.date.slice(8))}
          </span>
          <span className="visually-hidden">{dateText(day.date, 'full')}</span>
        </button>
        {excluded.length > 0 && (
          <span className="month-excluded" title={excludedText}>
            <span className="visually-hidden">{excludedText}</span>
            <span aria-hidden>{excluded.map(({ name }) => name).join(', ')}</span>
          </span>
        )}
      </header>
      {isNarrow ? (
        <DaySummary cell={cell} onList={onListDay} />
      ) : (
        <>
          {content.lines.map((line) => (
            <FrequentLine key={line.scheduleId} line={line} date={day.date} onOpen={onOpen} />
          ))}
          {content.entries.map((item) => (
            <ItemChip
              key={itemKey(item)}
              item={item}
              label={spokenLabel(item, timeZone, now)}
              time={timeOnDay(day, item.startsAt)}
              note={itemState(item) === 'retrying' ? `${item.attempt}/${item.maxAttempts}` : null}
              isOpen={openKeys.has(itemKey(item))}
              onOpen={onOpen}
            />
          ))}
          {content.hiddenItems.length > 0 && (
            <button
              type="button"
              className="month-more"
              data-stop
              tabIndex={-1}
              onClick={() => onListDay(day.date)}
            >
              <span className="visually-hidden">
                +{countText(content.hiddenCount)} more on {dateText(day.date, 'short')}:{' '}
                {spokenOutcomes(content.hiddenItems)}
              </span>
              <span aria-hidden>
                +{countText(content.hiddenCount)}
                <i> more</i>
              </span>
              {content.hiddenFailed > 0 && (
                <em aria-hidden data-run-state="failed">
                  <RunGlyph state="failed" />
                  {countText(content.hiddenFailed)}
                  <i> failed</i>
                </em>
              )}
              <OutcomeBar items={content.hiddenItems} />
            </button>
          )}
          {cell.density.length > 0 && (
            <MonthDensity items={cell.density} date={day.date} onShow={onShowDay} />
          )}
        </>
      )}
    </div>
  )
})
