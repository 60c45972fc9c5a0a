import { formatDuration, formatLateness } from '../../time/duration.ts'
import { Countdown, Time } from '../../time/Time.tsx'
import type { Next } from '../next.ts'
import type { RunStatistics } from './runStatistics.ts'
import styles from './SchedulePage.module.css'

interface ScheduleStatsProps {
  statistics: RunStatistics
  next: Next
  zone: string
}

/** The four numbers that say how a schedule is doing. */
export function ScheduleStats({ statistics, next, zone }: ScheduleStatsProps) {
  const { finished, succeeded, medianTook, p95Took, medianLate, worstLate } = statistics
  return (
    <dl className={`panel ${styles.stats}`}>
      <div>
        <dt>Succeeded{finished > 0 && `, last ${finished}`}</dt>
        <dd>
          {finished === 0
            ? '–'
            : `${((100 * succeeded) / finished).toFixed(succeeded === finished ? 0 : 1)} %`}
          <small>{finished === 0 ? 'no run has ended' : `${succeeded} of ${finished}`}</small>
        </dd>
      </div>
      <div>
        <dt>Took, median</dt>
        <dd>
          {medianTook === undefined ? '–' : formatDuration(medianTook)}
          {p95Took !== undefined && <small>p95 {formatDuration(p95Took)}</small>}
        </dd>
      </div>
      <div>
        <dt>Median start delay</dt>
        <dd>
          {medianLate === undefined ? '–' : formatLateness(medianLate)}
          {worstLate !== undefined && <small>worst {formatLateness(worstLate)}</small>}
        </dd>
      </div>
      <div>
        <dt>Next</dt>
        <dd>
          {next.is === 'due' ? (
            <>
              <Countdown at={next.at} zone={zone} />
              <small>
                <Time at={next.at} zone={zone} />
              </small>
            </>
          ) : next.is === 'never' ? (
            <span title={next.why}>Never</span>
          ) : (
            next.text
          )}
        </dd>
      </div>
    </dl>
  )
}
