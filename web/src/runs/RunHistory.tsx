import { Link } from '@tanstack/react-router'
import { graphql, readFragment, type FragmentOf } from '../graphql/graphql.ts'
import { formatDuration, formatLateness } from '../time/duration.ts'
import { Time } from '../time/Time.tsx'
import { RunStateText } from './RunGlyph.tsx'
import { lateOf, tookOf, triggerInWords } from './run.ts'
import { runStateOf } from './runState.ts'

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
  }
`)

interface RunHistoryProps {
  /** The newest first. */
  runs: readonly FragmentOf<typeof RunHistory_run>[]
  zone: string
}

/** The runs of one schedule. */
export function RunHistory({ runs, zone }: RunHistoryProps) {
  return (
    <div className="panel-scroll">
      <table className="grid-table" aria-label="Runs of this schedule" style={{ minWidth: 640 }}>
        <colgroup>
          <col style={{ width: 128 }} />
          <col style={{ width: 168 }} />
          <col />
          <col style={{ width: 80 }} />
          <col style={{ width: 80 }} />
          <col style={{ width: 84 }} />
          <col style={{ width: 92 }} />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Due</th>
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
          {runs.map((masked) => {
            const run = readFragment(RunHistory_run, masked)
            const late = lateOf(run)
            const took = tookOf(run)
            const why = run.blockedBecause ?? run.error ?? run.reason
            return (
              <tr key={run.rowId}>
                <td title={why ?? undefined}>
                  <RunStateText state={runStateOf(run.status)} />
                </td>
                <td>
                  <Time at={run.dueAt} zone={zone} />
                </td>
                <td>
                  {triggerInWords(run)}
                  {why !== null && <span className="muted"> · {why}</span>}
                </td>
                <td className="num">{late === null ? '–' : formatLateness(late)}</td>
                <td className="num">{took === null ? '–' : formatDuration(took)}</td>
                <td className="num">{run.attempt === 0 ? '–' : run.attempt}</td>
                <td className="num">
                  <Link className="faint" to="/runs/$runId" params={{ runId: run.rowId }}>
                    #{run.rowId}
                  </Link>
                </td>
              </tr>
            )
          })}
          {runs.length === 0 && (
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
