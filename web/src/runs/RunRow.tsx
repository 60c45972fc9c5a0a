import { Link } from '@tanstack/react-router'
import { graphql, readFragment, type FragmentOf } from '../graphql/graphql.ts'
import { Elapsed, Time } from '../time/Time.tsx'
import { RunStateText } from './RunGlyph.tsx'
import { lateText, reasonOf, tookText, triggerNames } from './run.ts'
import { Progress } from './Progress.tsx'
import type { ShortRunSearch } from './runList.ts'
import { isActive, isStopping, runStateOf, STOPPING } from './runState.ts'

export const RunRow_run = graphql(`
  fragment RunRow_run on Run {
    rowId
    scheduleName
    status
    reason
    error
    blockedBecause
    trigger
    taskIdentifier
    scheduledFor
    dueAt
    startedAt
    finishedAt
    attempt
    maxAttempts
    nextAttemptAt
    cancelRequestedAt
    retriedFrom
    progress
    progressNote
    children
    element
  }
`)

interface RunRowProps {
  run: FragmentOf<typeof RunRow_run>
  zone: string
  selected: boolean
  search: ShortRunSearch
  /** There is room for columns of trigger, task and note. */
  isWide: boolean
}

/** One run in the list. */
export function RunRow({ run: masked, zone, selected, search, isWide }: RunRowProps) {
  const run = readFragment(RunRow_run, masked)
  const state = runStateOf(run.status)
  const why = reasonOf(run)
  return (
    <tr aria-selected={selected}>
      <td>
        <RunStateText state={state}>{isStopping(run) ? STOPPING : undefined}</RunStateText>
      </td>
      <td title={why ?? run.scheduleName}>
        <Link id={`run-${run.rowId}`} to="/runs" search={{ ...search, run: run.rowId }}>
          <b style={{ fontWeight: 500 }}>{run.scheduleName}</b> <span className="faint">#{run.rowId}</span>
        </Link>
        {run.children !== null && (
          <span className="muted small">
            {' '}
            {run.children === 1 ? '1 child' : `${run.children.toLocaleString('en-GB')} children`}
          </span>
        )}
        {run.element !== null && <span className="muted small"> element {run.element}</span>}
        {run.retriedFrom !== null && <span className="muted small"> repeats #{run.retriedFrom}</span>}
        {Date.parse(run.dueAt) !== Date.parse(run.scheduledFor) && (
          <span className="muted small">
            {' '}
            due <Time at={run.dueAt} zone={zone} seconds="always" />
          </span>
        )}
        {state === 'running' && run.progress !== null && (
          <Progress of={run.progress} note={run.progressNote} />
        )}
        {why !== null && !isWide && <span className="muted small"> {why}</span>}
      </td>
      <td>
        <Time at={run.scheduledFor} zone={zone} show="clock" seconds="always" />
      </td>
      <td className="num muted">{lateText(run)}</td>
      <td className="num">
        {run.finishedAt === null && isActive(state) && run.startedAt ? (
          <Elapsed since={run.startedAt} />
        ) : (
          tookText(run)
        )}
      </td>
      <td className="num">
        {run.attempt === 0 ? '–' : run.maxAttempts === 1 ? run.attempt : `${run.attempt}/${run.maxAttempts}`}
        {run.nextAttemptAt !== null && (
          <span className="muted small">
            {' '}
            next <Time at={run.nextAttemptAt} zone={zone} show="clock" seconds="always" />
          </span>
        )}
      </td>
      {isWide && (
        <>
          <td className="muted">{triggerNames[run.trigger]}</td>
          <td className="muted" title={run.taskIdentifier}>
            {run.taskIdentifier}
          </td>
          <td className="muted" title={why ?? undefined}>
            {why}
          </td>
        </>
      )}
    </tr>
  )
}
