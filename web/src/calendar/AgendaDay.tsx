import { useMemo } from 'react'
import { RunGlyph } from '../runs/RunGlyph.tsx'
import { isFailure, type RunState } from '../runs/runState.ts'
import { formatCountdown, formatDuration } from '../time/duration.ts'
import { itemKey, itemPlace, itemState, sumCounts, type CalendarItem } from './calendarItem.ts'
import { dayCounts, itemsByDay, missedCount } from './weekModel.ts'
import type { OpenItems } from './ItemChip.tsx'
import { ribbonLanes, ribbonSegments } from './ribbons.ts'
import { scheduleHue } from './scheduleHue.ts'
import { reasonText, spokenCounts, spokenLabel } from './spokenLabel.ts'
import { countText, dateText, timeOnDay } from './timeFormat.ts'
import type { ZonedDay } from './zonedDay.ts'
import './agenda.css'

interface AgendaDayProps {
  days: readonly ZonedDay[]
  date: string
  items: readonly CalendarItem[]
  now: number
  timeZone: string
  onOpen: OpenItems
  onShowDay: (date: string) => void
}

function endText(item: CalendarItem, state: RunState, now: number): string {
  if (state === 'future' || state === 'moved') return formatCountdown(itemPlace(item) - now)
  if (item.kind === 'omission') return `${countText(item.total)} times`
  if (item.startedAt === null) return ''
  if (item.finishedAt === null) return formatDuration(Math.max(0, now - item.startedAt))
  return `took ${formatDuration(item.finishedAt - item.startedAt)}`
}

function noteText(item: CalendarItem, state: RunState): string | null {
  if (state === 'retrying') return `Attempt ${item.attempt} of ${item.maxAttempts}`
  if (state === 'paused' && item.kind === 'occurrence') return 'Paused'
  return reasonText(item)
}

/** One day as a list, for narrow screens: the days of the week, ribbons lying down, then hour by hour. */
export function AgendaDay({ days, date, items, now, timeZone, onOpen, onShowDay }: AgendaDayProps) {
  const byDay = useMemo(() => itemsByDay(items, days), [items, days])
  const lanes = useMemo(
    () =>
      ribbonLanes(
        items.filter((item) => item.kind === 'bucket'),
        6,
      ),
    [items],
  )
  const index = Math.max(
    0,
    days.findIndex((day) => day.date === date),
  )
  const day = days[index]
  const own = byDay[index] ?? []
  const frequent = new Set(own.filter((item) => item.kind === 'bucket').map((item) => item.scheduleId))
  const single = own
    .filter((item) => !frequent.has(item.scheduleId))
    .sort((a, b) => itemPlace(a) - itemPlace(b))
  const nowIndex =
    day !== undefined && now >= day.start && now < day.end
      ? single.findIndex((item) => itemPlace(item) > now)
      : -2
  if (day === undefined) return null
  const nowRow = (
    <li key="now" className="agenda-now">
      {timeOnDay(day, now)}
    </li>
  )

  return (
    <section className="agenda" aria-label={dateText(day.date, 'full')}>
      <nav className="agenda-days" aria-label="Days">
        {days.map((each, place) => {
          const mark =
            dayCounts(byDay[place] ?? []).failed > 0
              ? 'failed'
              : missedCount(byDay[place] ?? []) > 0
                ? 'missed'
                : null
          return (
            <button
              key={each.date}
              type="button"
              aria-current={each.date === day.date ? 'date' : undefined}
              aria-label={`${dateText(each.date, 'full')}${mark === null ? '' : `, ${mark}`}`}
              onClick={() => onShowDay(each.date)}
            >
              {dateText(each.date, 'weekday').slice(0, 3)}
              <b>{Number(each.date.slice(8))}</b>
              <i data-mark={mark ?? undefined} />
            </button>
          )
        })}
      </nav>
      <div className="agenda-scroll">
        {lanes.map((lane) => {
          const segments = ribbonSegments(
            lane,
            own.filter((item) => frequent.has(item.scheduleId)),
          )
          if (segments.length === 0) return null
          const counts = sumCounts(segments.map((each) => each.counts))
          return (
            <button
              key={lane.key}
              type="button"
              className="agenda-ribbon"
              data-hue={scheduleHue(lane.key)}
              aria-label={`${lane.name}, ${spokenCounts(counts)}`}
              onClick={(event) =>
                onOpen(
                  segments.flatMap((each) => each.items),
                  event.currentTarget,
                )
              }
            >
              <b>{lane.name}</b>
              <span className="agenda-track" aria-hidden>
                {segments.map((each) => (
                  <i
                    key={each.key}
                    data-run-state={each.state}
                    style={{ flexGrow: (each.end - each.start) / 60_000 }}
                  />
                ))}
              </span>
              <small data-run-state={counts.failed > 0 ? 'failed' : undefined}>
                {counts.failed > 0 ? `${countText(counts.failed)} failed` : countText(counts.total)}
              </small>
            </button>
          )
        })}
        <ol>
          {single.length === 0 && segmentsNone(lanes.length)}
          {single.flatMap((item, place) => {
            const state = itemState(item)
            const note = noteText(item, state)
            const row = (
              <li key={itemKey(item)} data-bad={isFailure(state) || undefined}>
                <button
                  type="button"
                  aria-label={spokenLabel(item, timeZone, now)}
                  onClick={(event) => onOpen([item], event.currentTarget)}
                >
                  <time>{timeOnDay(day, itemPlace(item))}</time>
                  <span data-hue={scheduleHue(item.scheduleId)}>
                    <RunGlyph state={state} />
                  </span>
                  <span className="agenda-name">
                    <b>{item.scheduleName}</b>
                    {note !== null && <small>{note}</small>}
                  </span>
                  <span className="agenda-end">{endText(item, state, now)}</span>
                </button>
              </li>
            )
            return place === nowIndex ? [nowRow, row] : [row]
          })}
          {nowIndex === -1 && single.length > 0 && nowRow}
        </ol>
      </div>
    </section>
  )
}

function segmentsNone(lanes: number) {
  return lanes === 0 ? <li className="agenda-none">Nothing on this day.</li> : null
}
