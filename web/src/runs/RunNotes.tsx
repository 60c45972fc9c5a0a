import { IconAlertTriangle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { Time } from '../time/Time.tsx'
import type { AffectedWorker, RunDetails } from './useRun.ts'
import styles from './runParts.module.css'

/** Why a run cannot begin, and what to do. */
export function RunBlocked({
  run,
}: {
  run: Pick<RunDetails, 'blockedBecause' | 'taskIdentifier' | 'scheduleId'>
}) {
  return (
    <div className={styles['notes']}>
      <p data-run-state="failed" className={styles['note']}>
        <IconAlertTriangle size={14} aria-hidden /> {run.blockedBecause}
      </p>
      <p>
        Start a worker that has <code>{run.taskIdentifier}</code>, or change the task of the{' '}
        <Link className="accent-link" to="/schedules/$scheduleId" params={{ scheduleId: run.scheduleId }}>
          schedule
        </Link>
        . See the{' '}
        <Link className="accent-link" to="/workers">
          workers
        </Link>
        .
      </p>
    </div>
  )
}

/** The workers that a run ended, or that it blocks. */
export function WorkersAffected({ workers, zone }: { workers: readonly AffectedWorker[]; zone: string }) {
  return (
    <div className={styles['notes']}>
      {workers.map((worker) => (
        <p key={worker.rowId} data-run-state="failed" className={styles['note']}>
          <IconAlertTriangle size={14} aria-hidden />{' '}
          <Link className="accent-link" to="/workers">
            {worker.name}
          </Link>{' '}
          {worker.stoppedAt !== null ? (
            <>
              crashed while running this, <Time at={worker.stoppedAt} zone={zone} seconds="always" />
            </>
          ) : (
            worker.busySince !== null && (
              <>
                has been blocked by this run since <Time at={worker.busySince} zone={zone} seconds="always" />
              </>
            )
          )}
        </p>
      ))}
    </div>
  )
}
