import { runStateLabel } from '../../runs/runState.ts'
import { formatDuration } from '../../time/duration.ts'
import { dayKey, formatClock, formatDay, formatFull } from '../../time/instant.ts'
import { outcomesInWords } from '../outcomesInWords.ts'
import type { Outcome } from './runStatistics.ts'
import styles from './SchedulePage.module.css'

const leastWidth = 200
const widthOfOne = 16

interface OutcomesProps {
  /** The oldest first. */
  outcomes: readonly Outcome[]
  zone: string
  now: number
}

/** The last outcomes as bars: height is duration, what went wrong stands out. */
export function Outcomes({ outcomes, zone, now }: OutcomesProps) {
  const first = outcomes[0]
  const last = outcomes.at(-1)
  if (first === undefined || last === undefined) return <p className="muted">No outcomes yet.</p>
  const inOneDay = dayKey(first.at, zone) === dayKey(last.at, zone)
  const label = (at: string) => (inOneDay ? formatClock(at, zone) : formatDay(at, zone, now))
  const longest = Math.max(1, ...outcomes.map(({ took }) => took ?? 0))
  return (
    <div className={styles.chart} style={{ width: Math.max(leastWidth, outcomes.length * widthOfOne) }}>
      <div
        className={styles.outcomes}
        role="img"
        aria-label={outcomesInWords(outcomes.map(({ state }) => state))}
      >
        {outcomes.map(({ id, state, at, took }) => (
          <i
            key={id}
            data-run-state={state}
            style={{ height: `${took === null ? 30 : 16 + (84 * took) / longest}%` }}
            title={`${runStateLabel(state)}, ${formatFull(at, zone)}${took === null ? '' : `, took ${formatDuration(took)}`}`}
          />
        ))}
      </div>
      <div className={styles.axis}>
        {first !== last && <span>{label(first.at)}</span>}
        <span>{label(last.at)}</span>
      </div>
    </div>
  )
}
