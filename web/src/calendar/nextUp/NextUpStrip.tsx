import type { ReactNode } from 'react'
import { countedRows } from '../../../../shared/counts.ts'
import { RunGlyph } from '../../runs/RunGlyph.tsx'
import { formatCountdown, formatDuration, isImminent } from '../../time/duration.ts'
import { dayKey, formatClock, formatDay, formatFull } from '../../time/instant.ts'
import { useNow } from '../../time/now.ts'
import { groupFailures, groupNext, type ActiveRun, type NextUp } from './nextUp.ts'
import { countText } from '../grid/timeFormat.ts'
import './strip.css'

interface NextUpStripProps {
  /** Null while it is on its way. */
  nextUp: NextUp | null
  timeZone: string
  /** Makes a link to a schedule or a run. */
  scheduleLink: (scheduleId: string, name: string) => ReactNode
  runLink: (runId: string, name: string) => ReactNode
}

function activeNote(run: ActiveRun): string | null {
  if (run.state === 'retrying' || run.attempt > 1) return `Attempt ${run.attempt} of ${run.maxAttempts}`
  return run.reason
}

function Progress({ value }: { value: number }) {
  const percent = Math.round(value * 100)
  return (
    <div
      className="progress"
      role="progressbar"
      aria-label="Progress"
      aria-valuenow={percent}
      title={`${percent} %`}
    >
      <i style={{ width: `${percent}%` }} />
    </div>
  )
}

/** What comes next, what runs now, what failed of late. */
export function NextUpStrip({ nextUp, timeZone, scheduleLink, runLink }: NextUpStripProps) {
  const now = useNow()
  const clock = (at: number) => formatClock(at, timeZone, 'never')
  const near = (at: number) =>
    dayKey(at, timeZone) === dayKey(now, timeZone)
      ? clock(at)
      : `${formatDay(at, timeZone, now).slice(0, 3)} ${clock(at)}`
  const next = groupNext(
    (nextUp?.next ?? []).filter(({ at }) => at > now - 60_000),
    7,
  )
  const active = nextUp?.active ?? []
  const failures = groupFailures(nextUp?.failed ?? [], 6)
  return (
    <aside className="strip" aria-label="Next up" aria-busy={nextUp === null}>
      <section>
        <h2>
          Next up<span>{timeZone}</span>
        </h2>
        {next.length === 0 && <p className="strip-none">{nextUp === null ? 'Loading' : 'Nothing is due.'}</p>}
        <ol>
          {next.map(({ at, names, scheduleId }) => (
            <li key={`${at}:${scheduleId}`} className="strip-next">
              <time dateTime={new Date(at).toISOString()} title={formatFull(at, timeZone)}>
                {clock(at)}
              </time>
              <b>
                {names.length === 1 ? (
                  scheduleLink(scheduleId, names[0] ?? '')
                ) : (
                  <span title={names.join(', ')}>{names.length} schedules</span>
                )}
              </b>
              <span className="strip-at" data-soon={isImminent(at - now) || undefined}>
                {formatCountdown(at - now)}
              </span>
            </li>
          ))}
        </ol>
      </section>
      <section>
        <h2>
          Running now<span>{countText(active.length)}</span>
        </h2>
        {active.length === 0 && <p className="strip-none">Nothing is running.</p>}
        <ul>
          {active.slice(0, 8).map((run) => {
            const note = activeNote(run)
            return (
              <li key={run.runId}>
                <RunGlyph state={run.state} label={run.state} />
                <b>{runLink(run.runId, run.name)}</b>
                <span className="strip-at" data-soon={run.state === 'running' || undefined}>
                  {formatDuration(Math.max(0, now - run.since))}
                </span>
                {run.progress !== null && <Progress value={run.progress} />}
                {note !== null && <p>{note}</p>}
              </li>
            )
          })}
        </ul>
        {active.length > 8 && <p className="strip-none">{countText(active.length - 8)} more</p>}
      </section>
      <section>
        <h2>
          Failed in the last 24 h<span>{countedRows(nextUp?.failedCount ?? 0)}</span>
        </h2>
        {failures.length === 0 && <p className="strip-none">No failures.</p>}
        <ul>
          {failures.map((group) => (
            <li key={group.scheduleId}>
              <RunGlyph state="failed" label="Failed" />
              <b>{runLink(group.runs[0]?.runId ?? '', group.name)}</b>
              <span className="strip-at">
                {group.runs.length > 1 ? `${near(group.first)} – ${clock(group.last)}` : near(group.last)}
              </span>
              <p>
                {group.runs.length > 1 && `${countText(group.runs.length)} runs · `}
                {group.runs[0]?.reason ?? 'No message'}
              </p>
            </li>
          ))}
        </ul>
      </section>
    </aside>
  )
}
