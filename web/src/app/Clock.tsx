import { useConnection } from '../graphql/connection.ts'
import { useDelay } from '../graphql/delay.ts'
import { formatClock, formatFull } from '../time/instant.ts'
import { useNow } from '../time/now.ts'
import { useTimeZone } from '../time/zone.ts'
import { dotText } from './connectionText.ts'

/** Whether changes arrive, told by shape as well as colour. */
export function ConnectionDot() {
  const { state } = useConnection()
  const text = dotText(state, useDelay())
  return <span className="dot" data-connection={state} role="img" aria-label={text} title={text} />
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
