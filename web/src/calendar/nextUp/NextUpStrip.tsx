import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { countedRows } from '../../../../shared/counts.ts'
import { RunGlyph } from '../../runs/RunGlyph.tsx'
import { ageText, formatCountdown, formatDuration, isImminent } from '../../time/duration.ts'
import { dayKey, formatClock, formatDay, formatFull } from '../../time/instant.ts'
import { useNow } from '../../time/now.ts'
import {
  activeText,
  groupFailures,
  groupNext,
  noneText,
  overdueAfter,
  relianceOf,
  type ActiveRun,
  type NextUp,
  failedText,
} from './nextUp.ts'
import type { AsOf } from '../../graphql/answer.ts'
import type { Problem } from '../../graphql/error.ts'
import { useOwnProblem } from '../../panel/ownProblem.ts'
import { ProblemNote } from '../../panel/ProblemNote.tsx'
import type { ShownState } from '../filter/shownState.ts'
import { countText } from '../grid/timeFormat.ts'
import { FoldedStrip } from './FoldedStrip.tsx'
import { Next24Bars } from './Next24Bars.tsx'
import type { Next24 } from './useNext24.ts'
import './strip.css'

interface NextUpStripProps {
  /** Null while it is on its way, or where it could not be had. */
  nextUp: NextUp | null
  /** What the next 24 hours have by hour; null while it is not known. */
  next24?: Next24 | null
  /** Until when it was what the database says. */
  asOf: AsOf
  problem: Problem | null
  /** A button that asks again. */
  retryAction: ReactNode
  timeZone: string
  /** Shows counts alone, and what changes that. */
  isFolded?: boolean
  onFold?: (() => void) | undefined
  /** Whether schedules are left out; what there is none of, there may be of those. */
  isFiltered?: boolean
  /** What alone is shown, where the filter names it. */
  only?: ShownState | undefined
  /** Makes a link to a schedule or a run. */
  scheduleLink: (scheduleId: string, name: string) => ReactNode
  runLink: (runId: string, name: string) => ReactNode
}

/** Nearer than this, a weekday is enough to say which day. */
const week = 6 * 86_400_000

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

/** "due 3 min ago" once it should have fired, until then how long that takes. */
function dueText(left: number): string {
  return left > -overdueAfter ? formatCountdown(left) : `due ${ageText(-left)}`
}

const sections: readonly ShownState[] = ['upcoming', 'running', 'failed']

/** What comes next, what runs now, what failed of late. */
export function NextUpStrip(props: NextUpStripProps) {
  const { nextUp, next24, asOf, retryAction, timeZone, isFiltered, scheduleLink, runLink } = props
  const problem = useOwnProblem(props.problem, nextUp !== null)
  const now = useNow()
  const reliance = relianceOf(asOf)
  const fold = props.onFold && <FoldButton isFolded={props.isFolded ?? false} onFold={props.onFold} />
  if (props.isFolded === true) return <FoldedStrip {...{ nextUp, reliance, now, timeZone }} unfold={fold} />
  if (nextUp === null) return <WithoutNextUp problem={problem} retryAction={retryAction} />
  const clock = (at: number) => formatClock(at, timeZone, 'never')
  const near = (at: number) =>
    dayKey(at, timeZone) === dayKey(now, timeZone)
      ? clock(at)
      : `${Math.abs(at - now) < week ? formatDay(at, timeZone).slice(0, 3) : formatDay(at, timeZone, now)} ${clock(at)}`
  const next = groupNext(nextUp.next, 7, nextUp.isNextCut)
  const { active, activeCount } = nextUp
  const failures = groupFailures(nextUp.failed, 6)
  const none = (what: string) => (
    <p className="strip-none">
      {noneText(isFiltered ? `${what} in this filter` : what, reliance, (at) =>
        formatClock(at, timeZone, 'always'),
      )}
    </p>
  )
  const has = (section: ShownState) => !sections.some((each) => each === props.only) || props.only === section
  const count = (text: string) => <span>{reliance.is === 'current' || text !== '0' ? text : ''}</span>
  return (
    <aside className="strip" aria-label="Next up" aria-busy={reliance.is === 'checking'}>
      {fold}
      {problem !== null && (
        <section>
          <ProblemNote problem={problem} action={retryAction} />
        </section>
      )}
      {has('upcoming') && (
        <section>
          <h2>
            Next up<span>{timeZone}</span>
          </h2>
          {next24 !== null && next24 !== undefined && <Next24Bars next={next24} timeZone={timeZone} />}
          {next.length === 0 && none('Nothing is upcoming')}
          <ol>
            {next.map(({ at, names, scheduleId, isCut }) => (
              <li key={`${at}:${scheduleId}`} className="strip-next">
                <time dateTime={new Date(at).toISOString()} title={formatFull(at, timeZone)}>
                  {clock(at)}
                </time>
                <b>
                  {names.length === 1 ? (
                    scheduleLink(scheduleId, names[0] ?? '')
                  ) : (
                    <span title={names.join(', ')}>
                      {names.length}
                      {isCut && '+'} schedules
                    </span>
                  )}
                </b>
                <span
                  className="strip-at"
                  data-soon={isImminent(at - now) || undefined}
                  data-overdue={at - now <= -overdueAfter || undefined}
                >
                  {dueText(at - now)}
                </span>
              </li>
            ))}
          </ol>
        </section>
      )}
      {has('running') && (
        <section>
          <h2>Running now{count(activeText(nextUp, countedRows))}</h2>
          {active.length === 0 && none('Nothing is running')}
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
          {activeCount > 8 && <p className="strip-none">{countedRows(activeCount - 8)} more</p>}
        </section>
      )}
      {has('failed') && (
        <section>
          <h2>Failed in the last 24 h{count(failedText(nextUp))}</h2>
          {failures.length === 0 && none('No failures')}
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
      )}
    </aside>
  )
}

function FoldButton({ isFolded, onFold }: { isFolded: boolean; onFold: () => void }) {
  const text = isFolded ? 'Show what is next' : 'Show only counts'
  const Chevron = isFolded ? IconChevronLeft : IconChevronRight
  return (
    <button
      type="button"
      className="strip-fold"
      aria-label={text}
      aria-expanded={!isFolded}
      title={text}
      onClick={onFold}
    >
      <Chevron size={16} aria-hidden />
    </button>
  )
}

/** The strip while nothing is known: it claims nothing. */
function WithoutNextUp({ problem, retryAction }: Pick<NextUpStripProps, 'problem' | 'retryAction'>) {
  return (
    <aside className="strip" aria-label="Next up" aria-busy={problem === null}>
      {problem === null ? (
        ['Next up', 'Running now', 'Failed in the last 24 h'].map((title) => (
          <section key={title}>
            <h2>{title}</h2>
            <p className="strip-none">Loading</p>
          </section>
        ))
      ) : (
        <section>
          <h2>Next up</h2>
          <p className="strip-none">Upcoming, running and failed runs are not known.</p>
          <ProblemNote problem={problem} action={retryAction} />
        </section>
      )}
    </aside>
  )
}
