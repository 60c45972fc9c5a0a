import type { ReactNode } from 'react'
import type { AsOf } from '../graphql/answer.ts'
import type { Problem } from '../graphql/error.ts'
import { formatClock, formatFull } from '../time/instant.ts'
import { Legend } from './items/Legend.tsx'
import type { CalendarView } from './grid/calendarRange.ts'
import type { RibbonLane } from './items/ribbons.ts'
import './calendar.css'

interface CalendarFrameProps {
  /** Shown above the grid: that much is only counted, a lost connection. */
  notice: ReactNode
  grid: ReactNode
  aside: ReactNode
  lanes: readonly RibbonLane[]
  note: string | null
  hasExcluded: boolean
  hasPanel: boolean
}

/** The places of the calendar page: grid, what is shown next to it, legend. */
export function CalendarFrame(props: CalendarFrameProps) {
  const { notice, grid, aside, lanes, note, hasExcluded, hasPanel } = props
  return (
    <div className="calendar" data-panel={hasPanel || undefined}>
      <div className="calendar-main">
        {notice}
        {grid}
      </div>
      {aside}
      <Legend lanes={lanes} note={note} hasExcluded={hasExcluded} />
    </div>
  )
}

/** Says that there is too much to draw one by one. */
export function DensityNotice({ count, failed }: { count: number; failed: number }) {
  return (
    <p className="calendar-notice" role="status">
      <b>{count.toLocaleString('en-GB')} runs and occurrences are shown as counts</b>
      {failed > 0 ? `, ${failed.toLocaleString('en-GB')} of them failed` : ''}. Filter, or choose a shorter
      period, to see each.
    </p>
  )
}

/** Says that there are too many failures to draw one by one. */
export function CutNotice({ failed }: { failed: number }) {
  return (
    <p className="calendar-notice" role="status">
      <b>{failed.toLocaleString('en-GB')} more that failed are counted in the piles.</b> Filter, or choose a
      shorter period, to see each.
    </p>
  )
}

interface ProblemNoticeProps {
  problem: Problem
  asOf: AsOf
  zone: string
  action: ReactNode
}

/** Says that what is shown could not be asked for again, and how old it is. */
export function ProblemNotice({ problem, asOf, zone, action }: ProblemNoticeProps) {
  return (
    <p className="calendar-notice" role="alert">
      <b>{problem.message}</b>{' '}
      {typeof asOf === 'number' && (
        <>
          What is shown is as of{' '}
          <time dateTime={new Date(asOf).toISOString()} title={formatFull(asOf, zone)}>
            {formatClock(asOf, zone, 'always')}
          </time>
          .{' '}
        </>
      )}
      {action}
    </p>
  )
}

const skeletonSizes: Record<CalendarView, { cells: number; rows: number }> = {
  day: { cells: 1, rows: 6 },
  week: { cells: 7, rows: 6 },
  month: { cells: 35, rows: 3 },
  agenda: { cells: 1, rows: 8 },
  year: { cells: 12, rows: 3 },
  lanes: { cells: 1, rows: 12 },
}

/** The grid while its content is on its way: the same places, empty. */
export function CalendarSkeleton({ view }: { view: CalendarView }) {
  const { cells, rows } = skeletonSizes[view]
  return (
    <div
      className="calendar-skeleton"
      data-view={view}
      role="status"
      aria-busy
      aria-label="Loading the calendar"
    >
      {Array.from({ length: cells }, (_, index) => (
        <div key={index}>
          {Array.from({ length: rows }, (_, row) => (
            <i key={row} style={{ width: `${55 + ((index * 7 + row * 13) % 40)}%` }} />
          ))}
        </div>
      ))}
    </div>
  )
}
