import { formatDuration } from '../time/duration.ts'
import { Time } from '../time/Time.tsx'
import { useNow } from '../time/now.ts'
import { runStateLabel } from './runState.ts'
import { timelineOf, type UsualLength } from './timeline.ts'
import styles from './RunTimeline.module.css'

interface RunTimelineProps {
  run: Parameters<typeof timelineOf>[0]
  attempts: Parameters<typeof timelineOf>[1]
  zone: string
  /** How long runs of its schedule usually take; null: not known. */
  usual: UsualLength | null
}

/** When a run was due, queued, begun and ended, and how long each step took: not to scale. */
export function RunTimeline({ run, attempts, zone, usual }: RunTimelineProps) {
  const now = useNow()
  return (
    <ol className={styles['timeline']} title="Not to scale: the lengths are written">
      {timelineOf(run, attempts, now, usual).map((part, index) =>
        part.kind === 'event' ? (
          <li key={index} className={styles['event']} data-now={part.label === 'Now' || undefined}>
            <b>{part.label}</b>
            <Time at={part.at} zone={zone} show="clock" seconds="always" />
          </li>
        ) : (
          <li
            key={index}
            className={styles['span']}
            data-run-state={part.state ?? undefined}
            data-expected={part.isExpected}
            style={part.over === undefined ? undefined : { '--over': `${100 * part.over}%` }}
            title={part.label}
          >
            <span className={part.isPlain ? 'visually-hidden' : undefined}>
              {part.state === null ? part.label : `${part.label} ${runStateLabel(part.state).toLowerCase()}`}
            </span>
            <span>
              {formatDuration(part.took)}
              {part.isExpected && ' left'}
            </span>
          </li>
        ),
      )}
    </ol>
  )
}
