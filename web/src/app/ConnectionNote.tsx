import { Button } from '@mantine/core'
import { IconPlugConnectedX } from '@tabler/icons-react'
import type { Connection } from '../graphql/connection.ts'
import { ageText } from '../time/duration.ts'
import { formatClock, formatFull } from '../time/instant.ts'
import { connectionText } from './connectionText.ts'

interface ConnectionNoteProps {
  connection: Connection
  now: number
  zone: string
  onTry: () => void
}

/** That what is shown may be old: how old, and why. */
export function ConnectionNote({ connection, now, zone, onTry }: ConnectionNoteProps) {
  const { state, asOf } = connection
  return (
    <section className="connection-note" aria-label="Connection">
      <IconPlugConnectedX size={16} aria-hidden />
      <span>
        <span role="status">{connectionText(state)}</span>{' '}
        {asOf !== null && (
          <b>
            As of{' '}
            <time dateTime={new Date(asOf).toISOString()} title={formatFull(asOf, zone)}>
              {formatClock(asOf, zone, 'always')}
            </time>
            , {ageText(now - asOf)}.
          </b>
        )}
      </span>
      {state !== 'live' && state !== 'offline' && (
        <Button size="compact-xs" variant="default" onClick={onTry}>
          Try now
        </Button>
      )}
    </section>
  )
}
