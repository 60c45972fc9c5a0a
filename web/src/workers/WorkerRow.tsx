import { graphql, readFragment, type FragmentOf } from '../graphql/graphql.ts'
import { RunStateText } from '../runs/RunGlyph.tsx'
import { useNow } from '../time/now.ts'
import { Time } from '../time/Time.tsx'
import { heardText, isLiving, workerState } from './worker.ts'
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
  const living = isLiving(worker.status)
  return (
    <tr>
      <td>
        <RunStateText state={glyph}>{label}</RunStateText>
      </td>
      <td title={worker.name}>
        <span className={living ? styles['name'] : undefined}>{worker.name}</span>{' '}
        {living && worker.takesNothingSince !== null && (
          <span className={styles['stall']} title={worker.takesNothingBecause ?? undefined}>
            Takes nothing since <Time at={worker.takesNothingSince} zone={zone} />{' '}
          </span>
        )}
        {worker.isLeader === true && (
          <span className="tag" title="Its ticker fires first; another takes over when it stops">
            Leads
          </span>
        )}
      </td>
      <td>
        {living ? (
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
        {living ? (
          heardText(Date.parse(worker.lastHeartbeatAt), now)
        ) : (
          <Time at={worker.stoppedAt ?? worker.lastHeartbeatAt} zone={zone} />
        )}
      </td>
      <td className="num muted">{worker.version}</td>
    </tr>
  )
}
