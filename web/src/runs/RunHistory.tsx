import { Link } from '@tanstack/react-router'
import { graphql, readFragment, type FragmentOf } from '../graphql/graphql.ts'
import { Time } from '../time/Time.tsx'
import { RunStateText } from './RunGlyph.tsx'
import { WhyLink } from '../why/WhyLink.tsx'
import { gapStates, gapText, type Gap, type HistoryEntry } from './history.ts'
import { lateText, reasonOf, tookText, triggerInWords } from './run.ts'
import { isStopping, runStateOf, STOPPING } from './runState.ts'

export const RunHistory_run = graphql(`
  fragment RunHistory_run on Run {
    rowId
    status
    reason
    error
    blockedBecause
    trigger
    requestedBy
    scheduledFor
    dueAt
    startedAt
    finishedAt
    attempt
    cancelRequestedAt
  }
`)

interface RunHistoryProps {
  /** The newest first. */
  entries: readonly HistoryEntry<FragmentOf<typeof RunHistory_run>>[]
  scheduleId: string
  /** Since when it is paused, and why: what is due meanwhile is a gap once it is resumed. */
  paused: { at: string; reason: string | null } | null
  zone: string
}

/** The runs of one schedule, and what did not run between them. */
export function RunHistory({ entries, scheduleId, paused, zone }: RunHistoryProps) {
  return (
    <div className="panel-scroll">
      <table
        className="grid-table run-history"
        aria-label="Runs of this schedule"
        style={{ '--least': '640px' }}
      >
        <colgroup>
          <col style={{ width: 128 }} />
          <col data-rest style={{ width: 168 }} />
          <col data-wide />
          <col data-wide style={{ width: 80 }} />
          <col data-wide style={{ width: 80 }} />
          <col data-wide style={{ width: 84 }} />
          <col style={{ width: 92 }} />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Time</th>
            <th scope="col">Trigger</th>
            <th scope="col" className="num">
              Late
            </th>
            <th scope="col" className="num">
              Took
            </th>
            <th scope="col" className="num">
              Attempts
            </th>
            <th scope="col" className="num">
              Run
            </th>
          </tr>
        </thead>
        <tbody>
          {paused !== null && (
            <tr>
              <td>
                <RunStateText state="paused" />
              </td>
              <td>
                <Time at={paused.at} zone={zone} />
              </td>
              <td colSpan={5}>
                Paused since then{paused.reason !== null && `: ${paused.reason}`}
                <span className="muted"> · what is due until it is resumed is recorded then</span>
              </td>
            </tr>
          )}
          {entries.map((entry) => {
            if (entry.kind === 'gap')
              return <GapRow key={entry.key} gap={entry.gap} scheduleId={scheduleId} zone={zone} />
            const run = readFragment(RunHistory_run, entry.run)
            const why = reasonOf(run)
            return (
              <tr key={run.rowId}>
                <td title={why ?? undefined}>
                  <RunStateText state={runStateOf(run.status)}>
                    {isStopping(run) ? STOPPING : undefined}
                  </RunStateText>
                </td>
                <td>
                  <Time at={run.scheduledFor} zone={zone} />
                </td>
                <td>
                  {triggerInWords(run)}
                  {Date.parse(run.dueAt) !== Date.parse(run.scheduledFor) && (
                    <span className="muted">
                      {' '}
                      · due <Time at={run.dueAt} zone={zone} />
                    </span>
                  )}
                  {why !== null && <span className="muted"> · {why}</span>}
                </td>
                <td className="num">{lateText(run)}</td>
                <td className="num">{tookText(run)}</td>
                <td className="num">{run.attempt === 0 ? '–' : run.attempt}</td>
                <td className="num">
                  <Link className="faint" to="/runs/$runId" params={{ runId: run.rowId }}>
                    #{run.rowId}
                  </Link>
                </td>
              </tr>
            )
          })}
          {entries.length === 0 && paused === null && (
            <tr>
              <td colSpan={7} className="muted">
                No runs yet.
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  )
}

const gapNames: Record<Gap['reason'], string> = {
  missed: 'Missed',
  paused: 'Paused',
  stopped: 'Stopped',
  excluded: 'Excluded',
}

function GapRow({ gap, scheduleId, zone }: { gap: Gap; scheduleId: string; zone: string }) {
  return (
    <tr data-gap>
      <td>
        <RunStateText state={gapStates[gap.reason]}>{gapNames[gap.reason]}</RunStateText>
      </td>
      <td>
        <Time at={gap.first} zone={zone} />
      </td>
      <td colSpan={4} title={gapText(gap)}>
        {gap.count > 1 && (
          <>
            to <Time at={gap.last} zone={zone} /> ·{' '}
          </>
        )}
        {gapText(gap)}
      </td>
      <td className="num">
        <WhyLink scheduleId={scheduleId} moment={gap.first} zone={zone} />
      </td>
    </tr>
  )
}
