import { IconAlertTriangle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { graphql, readFragment, type FragmentOf, type ResultOf } from '../graphql/graphql.ts'
import { RunStateText } from '../runs/RunGlyph.tsx'
import { useNow } from '../time/now.ts'
import { Time } from '../time/Time.tsx'
import { heardText, isRunning, workerState } from './worker.ts'
import styles from './WorkersPage.module.css'

export const WorkerRow_worker = graphql(`
  fragment WorkerRow_worker on Worker {
    rowId
    name
    status
    isLeader
    concurrency
    version
    startedAt
    lastHeartbeatAt
    stoppedAt
    takesNothingSince
    takesNothingBecause
    busySince
    culpritRunId
    culpritAt
    endReason
  }
`)

interface WorkerRowProps {
  worker: FragmentOf<typeof WorkerRow_worker>
  /** How many runs it has in hand. */
  running: number
  zone: string
}

/** One worker process. */
export function WorkerRow({ worker: masked, running, zone }: WorkerRowProps) {
  const worker = readFragment(WorkerRow_worker, masked)
  const now = useNow()
  const { glyph, label } = workerState(worker.status)
  const isAlive = isRunning(worker.status)
  return (
    <>
      <tr data-noted={hasNote(worker) || undefined}>
        <td>
          <RunStateText state={glyph}>{label}</RunStateText>
        </td>
        <td title={worker.name}>
          <span className={isAlive ? styles['name'] : undefined}>{worker.name}</span>{' '}
          {worker.isLeader === true && (
            <span
              className="tag"
              title="The leader: its ticker fires schedules; a standby takes over when it stops"
            >
              Leads
            </span>
          )}
        </td>
        <td>
          {isAlive ? (
            <span className={styles['slots']}>
              <span className={styles['meter']} aria-hidden>
                <i style={{ width: `${Math.min(100, (running / worker.concurrency) * 100)}%` }} />
              </span>
              {running} of {worker.concurrency}
            </span>
          ) : (
            <span className="faint">–</span>
          )}
        </td>
        <td>
          <Time at={worker.startedAt} zone={zone} seconds="never" />
        </td>
        <td>
          {isAlive ? (
            heardText(Date.parse(worker.lastHeartbeatAt), now)
          ) : (
            <Time at={worker.stoppedAt ?? worker.lastHeartbeatAt} zone={zone} />
          )}
        </td>
        <td className="num muted">{worker.version}</td>
      </tr>
      {hasNote(worker) && (
        <tr className={styles['noteRow']}>
          <td colSpan={6}>
            <WorkerNote worker={worker} zone={zone} />
          </td>
        </tr>
      )}
    </>
  )
}

type Facts = Pick<
  ResultOf<typeof WorkerRow_worker>,
  | 'status'
  | 'takesNothingSince'
  | 'takesNothingBecause'
  | 'busySince'
  | 'culpritRunId'
  | 'culpritAt'
  | 'endReason'
>

function hasNote({ status, takesNothingSince, busySince, culpritRunId, endReason }: Facts): boolean {
  return isRunning(status)
    ? takesNothingSince !== null || busySince !== null
    : endReason !== null || culpritRunId !== null
}

/** What keeps a worker from its work, or why it ended, and which run did it. */
function WorkerNote({ worker, zone }: { worker: Facts; zone: string }) {
  const culprit =
    worker.culpritRunId === null ? null : (
      <Link className="accent-link" to="/runs/$runId" params={{ runId: worker.culpritRunId }}>
        run {worker.culpritRunId}
      </Link>
    )
  if (!isRunning(worker.status)) {
    return (
      <p>
        {worker.endReason}
        {culprit !== null && <> Ended by {culprit}.</>}
      </p>
    )
  }
  return (
    <>
      {worker.takesNothingSince !== null && (
        <p>
          <IconAlertTriangle size={14} aria-hidden />{' '}
          <b>
            Takes no jobs since <Time at={worker.takesNothingSince} zone={zone} seconds="always" />
          </b>
          {worker.takesNothingBecause !== null && `: ${worker.takesNothingBecause}`}
        </p>
      )}
      {worker.busySince !== null && (
        <p>
          <IconAlertTriangle size={14} aria-hidden />{' '}
          <b>
            Blocked since <Time at={worker.busySince} zone={zone} seconds="always" />
          </b>
          : {culprit ?? 'a task'} holds its CPU, so its other runs wait.
          {worker.culpritAt !== null && (
            <>
              {' '}
              At <code>{worker.culpritAt}</code>.
            </>
          )}
        </p>
      )}
    </>
  )
}
