import { useMemo, useRef } from 'react'
import { RunGlyph } from '../../runs/RunGlyph.tsx'
import { isFailure, runStateLabel, type RunState } from '../../runs/runState.ts'
import { useWarningsOf, warningsText } from '../../schedules/warnings/scheduleWarnings.ts'
import { WarningBadge } from '../../schedules/warnings/WarningBadge.tsx'
import { dayEndText } from '../../time/clockHours.ts'
import { formatDuration, formatMinutesToGo } from '../../time/duration.ts'
import { Elapsed } from '../../time/Time.tsx'
import { agendaRows, type AgendaRow } from './agendaModel.ts'
import { AgendaRibbons } from './AgendaRibbons.tsx'
import { isUpcoming, itemKey, sumCounts, type CalendarItem } from '../items/calendarItem.ts'
import { excludedByDay, type ExcludedTime } from '../items/excludedTimes.ts'
import type { OpenItems } from '../items/ItemChip.tsx'
import { ribbonLanes } from '../items/ribbons.ts'
import { scheduleHue } from '../items/scheduleHue.ts'
import { nominalText, reasonText, spokenCounts, spokenLabel, stateText } from '../items/spokenLabel.ts'
import { useOpening } from '../grid/useOpening.ts'
import { countText, dateText, startOnDay, timeOnDay } from '../grid/timeFormat.ts'
import { dayCounts, itemsByDay, densityByDay, missedCount } from '../week/weekModel.ts'
import type { ZonedDay } from '../grid/zonedDay.ts'
import { useAreSelected } from '../select/selection.ts'
import './agenda.css'

interface AgendaDayProps {
  days: readonly ZonedDay[]
  date: string
  items: readonly CalendarItem[]
  excluded: readonly ExcludedTime[]
  now: number
  timeZone: string
  openedKey?: string | undefined
  keptKey?: string | null
  onOpen: OpenItems
  onShowDay: (date: string) => void
}

function EndText({ item, state, now }: { item: CalendarItem; state: RunState; now: number }) {
  if (item.kind === 'occurrence' && state !== 'paused') return formatMinutesToGo(item.startsAt - now)
  if (item.kind === 'omission') return item.total === 1 ? '' : `${countText(item.total)} times`
  if (item.startedAt === null) return ''
  if (item.finishedAt === null) return <Elapsed since={item.startedAt} />
  return `took ${formatDuration(item.finishedAt - item.startedAt)}`
}

function noteText(item: CalendarItem, state: RunState, timeZone: string): string | null {
  if (state === 'retrying') return `Attempt ${item.attempt} of ${item.maxAttempts}`
  if (state === 'paused') return 'Paused'
  const omitted = item.kind === 'omitted' ? stateText(item, item.startsAt) : null
  const parts = [omitted, reasonText(item), nominalText(item, timeZone)].filter((part) => part !== null)
  if (parts.length === 0) return state === 'failed' ? 'Failed' : null
  return parts.join(', ').replace(/^./, (letter) => letter.toUpperCase())
}

interface RowProps {
  row: AgendaRow
  time: string
  /** Whether it began before the day. */
  isEarlier: boolean
  isOpen: boolean
  now: number
  timeZone: string
  onOpen: OpenItems
}

function Row({ row, time, isEarlier, isOpen, now, timeZone, onOpen }: RowProps) {
  const { items, state } = row
  const isSelected = useAreSelected(items)
  const item = items[0]
  const known = useWarningsOf(item?.scheduleId ?? '')
  if (item === undefined) return null
  const warnings = items.length === 1 && isUpcoming(item) ? known : []
  const isCounts = item.kind === 'pile'
  const isPile = items.length > 1 || isCounts
  const names = isCounts
    ? `${countText(item.total)} more`
    : isPile
      ? `${items.length} schedules`
      : item.scheduleName
  const note = isCounts
    ? spokenCounts(item)
    : isPile
      ? `All ${runStateLabel(state).toLowerCase()}`
      : noteText(item, state, timeZone)
  const notes = [isEarlier ? time : null, note].filter((each) => each !== null)
  const label = isPile ? `${names}, ${time} ${timeZone}, ${note}` : spokenLabel(item, timeZone, now)
  return (
    <li data-bad={isFailure(state) || undefined}>
      <button
        type="button"
        data-item={isPile ? undefined : itemKey(item)}
        data-items={isPile ? items.map(itemKey).join(' ') : undefined}
        data-selected={isSelected || undefined}
        aria-expanded={isPile ? undefined : isOpen}
        onClick={(event) => onOpen(items, event.currentTarget)}
      >
        <span className="visually-hidden">
          {label}
          {warnings.length > 0 && `. ${warningsText(warnings)}`}
        </span>
        <time aria-hidden>{isEarlier ? 'Earlier' : time}</time>
        <span data-hue={scheduleHue(item.scheduleId)}>
          <RunGlyph state={state} />
        </span>
        <span className="agenda-name" aria-hidden>
          <b>
            {names} <WarningBadge warnings={warnings} isSilent />
          </b>
          {notes.length > 0 && <small>{notes.join(' · ')}</small>}
        </span>
        <span className="agenda-end" aria-hidden>
          {isPile ? null : <EndText {...{ item, state, now }} />}
        </span>
      </button>
    </li>
  )
}

function DayStrip({
  days,
  byDay,
  date,
  onShowDay,
}: Pick<AgendaDayProps, 'days' | 'date' | 'onShowDay'> & { byDay: CalendarItem[][] }) {
  return (
    <nav className="agenda-days" aria-label="Days">
      {days.map((day, index) => {
        const own = byDay[index] ?? []
        const mark = dayCounts(own).failed > 0 ? 'failed' : missedCount(own) > 0 ? 'missed' : null
        return (
          <button
            key={day.date}
            type="button"
            aria-current={day.date === date ? 'date' : undefined}
            onClick={() => onShowDay(day.date)}
          >
            <span className="visually-hidden">
              {dateText(day.date, 'full')}
              {mark !== null && `, ${mark}`}
            </span>
            <span aria-hidden>{dateText(day.date, 'weekday').slice(0, 3)}</span>
            <b aria-hidden>{Number(day.date.slice(8))}</b>
            <i data-mark={mark ?? undefined} />
          </button>
        )
      })}
    </nav>
  )
}

/** One day as a list, for narrow screens: the days of the week, ribbons lying down, then hour by hour. */
export function AgendaDay(props: AgendaDayProps) {
  const { days, date, items, excluded, now, timeZone, openedKey, keptKey, onOpen, onShowDay } = props
  const byDay = useMemo(() => itemsByDay(items, days), [items, days])
  const buckets = useMemo(() => items.filter((item) => item.kind === 'bucket'), [items])
  const lanes = useMemo(() => ribbonLanes(buckets, 6), [buckets])
  const index = days.findIndex((each) => each.date === date)
  const day = days[index]
  const scroller = useRef<HTMLDivElement>(null)
  const nowMark = useRef<HTMLLIElement>(null)
  useOpening({
    scroller,
    part: 'list',
    isThere: true,
    shown: date,
    nowAt: () => nowMark.current?.offsetTop ?? 0,
  })
  if (day === undefined) return null

  const own = byDay[index] ?? []
  const excludedParts = excludedByDay(excluded, [day])[0] ?? []
  const counted = densityByDay(items, [day])[0] ?? []
  const left = sumCounts(counted.filter(({ kind }) => kind === 'density'))
  const frequent = new Set(own.filter((item) => item.kind === 'bucket').map((item) => item.scheduleId))
  const rows = agendaRows(
    [
      ...own.filter((item) => !frequent.has(item.scheduleId)),
      ...counted.filter(({ kind }) => kind === 'pile'),
    ],
    (key) => key === openedKey || key === keptKey,
  )
  const isToday = now >= day.start && now < day.end
  const row = (each: AgendaRow) => (
    <Row
      key={each.key}
      row={each}
      time={startOnDay(day, each.at, timeZone)}
      isEarlier={each.at < day.start}
      isOpen={each.items.length === 1 && each.key === openedKey}
      {...{ now, timeZone, onOpen }}
    />
  )

  return (
    <section className="agenda" aria-label={dateText(day.date, 'full')}>
      <DayStrip {...{ days, byDay, date, onShowDay }} />
      <div className="agenda-scroll" ref={scroller}>
        <AgendaRibbons
          lanes={lanes}
          items={own.filter((item) => frequent.has(item.scheduleId))}
          {...{ day, now, onOpen }}
        />
        <ol>
          {excludedParts.map(({ key, name, calendar, start, end, isWholeDay }) => (
            <li key={key} className="agenda-excluded" title={`By ${calendar}`}>
              <b>{name}</b>
              <span>
                Excluded{' '}
                {isWholeDay
                  ? 'all day'
                  : `${timeOnDay(day, start)}–${end === day.end ? dayEndText() : timeOnDay(day, end)}`}
              </span>
            </li>
          ))}
          {own.length === 0 && counted.length === 0 && <li className="agenda-none">Nothing on this day.</li>}
          {rows.filter(({ at }) => at <= now || !isToday).map(row)}
          {isToday && rows.length > 0 && (
            <li className="agenda-now" ref={nowMark} aria-label="Now">
              {timeOnDay(day, now)}
            </li>
          )}
          {isToday && rows.filter(({ at }) => at > now).map(row)}
          {left.total > 0 && <li className="agenda-none">All schedules together: {spokenCounts(left)}.</li>}
        </ol>
      </div>
    </section>
  )
}
