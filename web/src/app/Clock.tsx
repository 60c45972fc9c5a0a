import { useConnection, type ConnectionState } from '../graphql/connection.ts'
import { formatClock, formatFull } from '../time/instant.ts'
import { useNow } from '../time/now.ts'
import { useTimeZone } from '../time/zone.ts'

const words: Record<ConnectionState, string> = {
  connecting: 'Connecting',
  live: 'Live: updates arrive immediately',
  lost: 'Connection lost; reconnecting',
  offline: 'Offline',
  failing: 'The database does not answer',
}

/** Whether changes arrive, told by shape as well as colour. */
export function ConnectionDot() {
  const { state } = useConnection()
  return (
    <span className="dot" data-connection={state} role="img" aria-label={words[state]} title={words[state]} />
  )
}

/** The time in the shown zone, ticking. */
export function Clock() {
  const now = useNow()
  const zone = useTimeZone()
  return (
    <time className="clock" dateTime={new Date(now).toISOString()} title={formatFull(now, zone)}>
      {formatClock(now, zone, 'always')}
    </time>
  )
}
