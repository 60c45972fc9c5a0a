import { RunLink } from './RunLink.tsx'
import { triggerInWords } from './run.ts'
import type { ShortRunSearch } from './runList.ts'
import { runStateLabel, runStateOf } from './runState.ts'
import type { RunDetails } from './useRun.ts'
import styles from './runParts.module.css'

/** Whether a run repeats another, or is repeated. */
export function hasRetries({ retriedFrom, retries }: Pick<RunDetails, 'retriedFrom' | 'retries'>): boolean {
  return retriedFrom !== null || (retries ?? []).length > 0
}

/** What a run repeats, and what repeats it. */
export function RunRetries({ run, list }: { run: RunDetails; list: ShortRunSearch | null }) {
  return (
    <div className={styles['notes']}>
      {run.retriedFrom !== null && (
        <p>
          Repeats{' '}
          <RunLink id={run.retriedFrom} list={list}>
            run #{run.retriedFrom}
          </RunLink>
          <span className="muted">
            {' '}
            · {triggerInWords(run)}
            {run.requestReason !== null && `: ${run.requestReason}`}
          </span>
        </p>
      )}
      {(run.retries ?? []).map(({ rowId, status }) => (
        <p key={rowId}>
          Repeated by{' '}
          <RunLink id={rowId} list={list}>
            run #{rowId}
          </RunLink>
          <span className="muted"> · {runStateLabel(runStateOf(status)).toLowerCase()}</span>
        </p>
      ))}
    </div>
  )
}
