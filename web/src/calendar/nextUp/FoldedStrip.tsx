import type { ReactNode } from 'react'
import { countedRows } from '../../../../shared/counts.ts'
import { RunGlyph } from '../../runs/RunGlyph.tsx'
import type { RunState } from '../../runs/runState.ts'
import { formatCountdown, formatDuration } from '../../time/duration.ts'
import { formatFull } from '../../time/instant.ts'
import { failedText, groupNext, overdueAfter, waitingCount, type NextUp, type Reliance } from './nextUp.ts'
import './foldedStrip.css'

interface FoldedStripProps {
  /** Null while nothing is known: then nothing is claimed. */
  nextUp: NextUp | null
  reliance: Reliance
  now: number
  timeZone: string
  /** Unfolds it. */
  unfold: ReactNode
}

/** "1:35", and from an hour on "16 h 13 min". */
function shortCountdown(left: number): string {
  return left < 3_600_000 ? formatDuration(Math.max(1_000, left)) : formatCountdown(left).replace('in ', '')
}

/** The strip where the calendar needs its room: when the next is due, and counts. */
export function FoldedStrip({ nextUp, reliance, now, timeZone, unfold }: FoldedStripProps) {
  const next = nextUp === null ? undefined : groupNext(nextUp.next, 1)[0]
  const isOverdue = next !== undefined && next.at - now <= -overdueAfter
  const counts: readonly (readonly [
    state: RunState,
    text: string,
    count: number | undefined,
    shown?: string | undefined,
  ])[] = [
    ['running', 'running', nextUp?.runningCount],
    ['queued', 'waiting', nextUp === null ? undefined : waitingCount(nextUp)],
    ['retrying', 'retrying', nextUp?.retryingCount],
    ['failed', 'failed in 24 h', nextUp?.failedCount, nextUp ? failedText(nextUp) : undefined],
  ]
  return (
    <aside className="strip folded-strip" aria-label="Next up" aria-busy={reliance.is === 'checking'}>
      {unfold}
      {next !== undefined && (
        <p title={next.names.join(', ')}>
          <b data-overdue={isOverdue || undefined}>
            <time dateTime={new Date(next.at).toISOString()} title={formatFull(next.at, timeZone)}>
              {isOverdue ? 'overdue' : shortCountdown(next.at - now)}
            </time>
          </b>
          <small>next</small>
        </p>
      )}
      {counts.map(([state, text, count, shown]) => {
        // That there is none is a fact only when the database says so now.
        const isKnown = count !== undefined && (count > 0 || reliance.is === 'current')
        return (
          <p key={state} data-run-state={isKnown && count > 0 ? state : undefined}>
            <RunGlyph state={state} />
            <b>{isKnown ? (shown ?? countedRows(count)) : '–'}</b>
            <small>{text}</small>
          </p>
        )
      })}
    </aside>
  )
}
