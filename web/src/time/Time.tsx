import { formatCountdown, formatDuration, isImminent } from './duration.ts'
import { formatClock, formatDay, formatFull, type Instant } from './instant.ts'
import { useNow } from './now.ts'

interface TimeProps {
  at: Instant
  zone: string
  /** What to show; the title always has everything. */
  show?: 'day and clock' | 'clock'
  seconds?: 'always' | 'if any' | 'never'
}

function isoOf(at: Instant): string {
  return new Date(at).toISOString()
}

/** A moment, with its zone in the title. */
export function Time({ at, zone, show = 'day and clock', seconds = 'if any' }: TimeProps) {
  const now = useNow()
  const clock = formatClock(at, zone, seconds)
  return (
    <time dateTime={isoOf(at)} title={formatFull(at, zone)}>
      {show === 'clock' ? clock : `${formatDay(at, zone, now)} ${clock}`}
    </time>
  )
}

/** How long something has been going on, ticking. */
export function Elapsed({ since }: { since: Instant }) {
  return formatDuration(Math.max(1000, useNow() - new Date(since).getTime()))
}

/** Time to go until a moment, ticking. */
export function Countdown({ at, zone }: Pick<TimeProps, 'at' | 'zone'>) {
  const left = new Date(at).getTime() - useNow()
  return (
    <time
      dateTime={isoOf(at)}
      title={formatFull(at, zone)}
      style={isImminent(left) ? { fontWeight: 600 } : undefined}
    >
      {formatCountdown(left)}
    </time>
  )
}
