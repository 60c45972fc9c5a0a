import { useLayoutEffect, useMemo, type ReactNode } from 'react'
import { useNowAsked } from '../grid/nowAsked.ts'
import { countText, dateText } from '../grid/timeFormat.ts'
import { useRovingFocus } from '../grid/useRovingFocus.ts'
import type { ZonedDay } from '../grid/zonedDay.ts'
import { sumCounts, type CalendarItem } from '../items/calendarItem.ts'
import { spokenCounts } from '../items/spokenLabel.ts'
import { yearModel, type YearDay } from './yearModel.ts'
import './year.css'

interface YearViewProps {
  days: readonly ZonedDay[]
  /** Counts by day. */
  items: readonly CalendarItem[]
  now: number
  timeZone: string
  /** 1 for Monday to 7. */
  weekStart?: number
  /** What is below the months. */
  busy?: ReactNode
  onShowDay: (date: string) => void
}

interface DayButtonProps {
  place: YearDay
  isToday: boolean
  timeZone: string
  onShowDay: (date: string) => void
}

function DayButton({ place, isToday, timeZone, onShowDay }: DayButtonProps) {
  const { day, counts, kind, level } = place
  const text = `${dateText(day.date, 'full')}: ${spokenCounts(counts) || 'nothing'}`
  return (
    <button
      type="button"
      data-stop
      tabIndex={-1}
      data-kind={kind}
      data-level={level}
      aria-current={isToday ? 'date' : undefined}
      title={`${text}, ${timeZone}`}
      onClick={() => onShowDay(day.date)}
    >
      <span className="visually-hidden">{text}</span>
      <span aria-hidden>{Number(day.date.slice(8))}</span>
      {counts.failed > 0 && <em aria-hidden>{counts.failed > 999 ? '1k' : counts.failed}</em>}
    </button>
  )
}

const weekdays = ['M', 'T', 'W', 'T', 'F', 'S', 'S']

/** A year as twelve months of coloured days: what failed, how much ran, how much is upcoming. */
export function YearView(props: YearViewProps) {
  const { days, items, now, timeZone, weekStart = 1, busy, onShowDay } = props
  const months = useMemo(() => yearModel(items, days, now, weekStart), [items, days, now, weekStart])
  const roving = useRovingFocus<HTMLDivElement>()
  const asked = useNowAsked()
  const year = days[0]?.date.slice(0, 4)
  useLayoutEffect(() => {
    const month = roving.ref.current?.querySelector('[aria-current]')?.closest('section')
    month?.scrollIntoView({ block: 'nearest' })
  }, [roving.ref, asked, year])
  return (
    <div className="year" role="group" aria-label="Year" {...roving}>
      {months.map(({ month, lead, days: own }) => {
        const counts = sumCounts(own.map((each) => each.counts))
        return (
          <section key={month} aria-label={dateText(`${month}-01`, 'month')}>
            <h2>
              {dateText(`${month}-01`, 'month').replace(/ \d+$/, '')}
              <small>
                {counts.failed > 0 && <b data-run-state="failed">{countText(counts.failed)} failed</b>}
                {counts.total > 0 && ` ${countText(counts.total)}`}
              </small>
            </h2>
            <div className="year-month">
              {[...weekdays.slice(weekStart - 1), ...weekdays.slice(0, weekStart - 1)].map((name, index) => (
                <i key={index} aria-hidden>
                  {name}
                </i>
              ))}
              {lead > 0 && <span style={{ gridColumn: `span ${lead}` }} />}
              {own.map((place) => (
                <DayButton
                  key={place.day.date}
                  isToday={now >= place.day.start && now < place.day.end}
                  {...{ place, timeZone, onShowDay }}
                />
              ))}
            </div>
          </section>
        )
      })}
      {busy}
    </div>
  )
}

/** What the colours of a year mean. */
export function YearLegend() {
  const steps = [1, 2, 3, 4]
  return (
    <footer className="legend year-legend" aria-label="Legend">
      <span>
        {steps.map((level) => (
          <i key={level} data-kind="failed" data-level={level} />
        ))}{' '}
        Failed, few to many
      </span>
      <span>
        <i data-kind="skipped" data-level={2} /> Only skipped or missed
      </span>
      <span>
        {steps.map((level) => (
          <i key={level} data-kind="succeeded" data-level={level} />
        ))}{' '}
        Ran, few to many
      </span>
      <span>
        {steps.map((level) => (
          <i key={level} data-kind="future" data-level={level} />
        ))}{' '}
        Upcoming, few to many
      </span>
      <span className="legend-space" />
      <span>Click a day to open it</span>
    </footer>
  )
}
