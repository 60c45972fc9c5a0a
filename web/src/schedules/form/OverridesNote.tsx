import { formatClock, formatDay } from '../../time/instant.ts'
import type { KeptOverrides } from './changePreview.ts'
import styles from './OverridesNote.module.css'

/** How many are named; the others are counted. */
const mostNamed = 5

const countText = (count: number) => count.toLocaleString('en-GB')

/** Which moved and skipped occurrences stay so when a rule changes, and which do not. */
export function OverridesNote({ kept, lost, timeZone }: KeptOverrides & { timeZone: string }) {
  const moment = (at: number) => `${formatDay(at, timeZone)} ${formatClock(at, timeZone)}`
  const one = lost.length === 1
  return (
    <>
      {kept > 0 && (
        <p className="muted">
          {kept === 1
            ? 'One that is moved or skipped stays that way.'
            : `${countText(kept)} that are moved or skipped stay that way.`}
        </p>
      )}
      {lost.length > 0 && (
        <p className={styles.lost}>
          {one ? 'This is' : `These ${countText(lost.length)} are`} no longer moved or skipped, because
          nothing takes {one ? 'its' : 'their'} place:{' '}
          {lost
            .slice(0, mostNamed)
            .map(
              ({ at, movedTo }) =>
                `${moment(at)} (${movedTo === null ? 'skipped' : `moved to ${moment(movedTo)}`})`,
            )
            .join(', ')}
          {lost.length > mostNamed && ` and ${countText(lost.length - mostNamed)} more`}.
        </p>
      )}
    </>
  )
}
