import { Button } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { useState } from 'react'
import { formatDuration } from '../time/duration.ts'
import { Elapsed, Time } from '../time/Time.tsx'
import { AttemptError } from './AttemptError.tsx'
import { readCauses } from './causes.ts'
import { Progress } from './Progress.tsx'
import { RunGlyph } from './RunGlyph.tsx'
import { RunLink } from './RunLink.tsx'
import type { ShortRunSearch } from './runList.ts'
import { runStateLabel, runStateOf } from './runState.ts'
import type { RunDetails } from './useRun.ts'
import { useWorkersOf, type WorkerOfRun } from './useWorkersOf.ts'
import styles from './RunAttempts.module.css'

/** Of more, the others are shown when one asks for them. */
const shownAtFirst = 6

interface RunAttemptsProps {
  run: RunDetails
  zone: string
  list: ShortRunSearch | null
}

/** What was tried, the latest first: by which worker, how long it took, how far it is, and why it failed. */
export function RunAttempts({ run, zone, list }: RunAttemptsProps) {
  const [showsAll, setShowsAll] = useState(false)
  const attempts = run.attempts.nodes
  const workers = useWorkersOf([run.workerId, ...attempts.map(({ workerId }) => workerId)])
  const begun = runStateOf(run.status) === 'running' ? run.attemptStartedAt : null
  const shown = showsAll ? attempts : attempts.slice(0, shownAtFirst)
  const lost = run.lostAttempts ?? 0
  return (
    <div className={styles['attempts']}>
      {run.attempt === 0 && <p className="muted">No attempt has started.</p>}
      {lost > 0 && (
        <p className="muted">
          {lost === 1 ? 'One was' : `${lost} were`} lost with {lost === 1 ? 'its worker' : 'their workers'};{' '}
          {run.maxAttempts === 1
            ? 'the task may have done its work, so its only attempt is not repeated.'
            : lost > (run.givenBack ?? 0)
              ? 'the last of them ended the run.'
              : 'this does not count against the task.'}
        </p>
      )}
      {run.nextAttemptAt !== null && (
        <p>
          Attempt {run.attempt + 1} of {run.maxAttempts} begins{' '}
          <Time at={run.nextAttemptAt} zone={zone} seconds="always" />.
        </p>
      )}
      {begun !== null && (
        <div className={styles['row']}>
          <RunGlyph state="running" label="Running" />
          <b>
            {run.attempt} of {run.maxAttempts}
          </b>
          <Begun at={begun} worker={run.workerId} workers={workers} zone={zone} />
          <span className={styles['what']}>
            {run.progress !== null && <Progress of={run.progress} note={run.progressNote} />}
          </span>
          <b className={styles['took']}>
            <Elapsed since={begun} />
          </b>
        </div>
      )}
      {shown.map((attempt, index) => {
        const state = runStateOf(attempt.status)
        const causes = readCauses(attempt.causes)
        const worker = workers.get(attempt.workerId)
        const culprit = worker?.culpritRunId === run.rowId ? null : (worker?.culpritRunId ?? null)
        const row = (
          <>
            <RunGlyph state={state} label={runStateLabel(state)} />
            <span>
              {attempt.attempt} of {run.maxAttempts}
            </span>
            <Begun at={attempt.startedAt} worker={attempt.workerId} workers={workers} zone={zone} />
            <span className={styles['what']} data-run-state="failed" title={attempt.error ?? undefined}>
              {causes.at(-1)?.message ?? attempt.error}
            </span>
            <span className={styles['took']}>
              {formatDuration(Date.parse(attempt.finishedAt) - Date.parse(attempt.startedAt))}
            </span>
          </>
        )
        return (
          <div key={attempt.attempt} className={styles['attempt']}>
            {attempt.error === null || (causes.length === 0 && !attempt.error.includes('\n')) ? (
              <div className={styles['row']}>{row}</div>
            ) : (
              <details open={index === 0}>
                <summary className={styles['row']}>
                  {row}
                  <IconChevronDown size={15} aria-hidden />
                </summary>
                <AttemptError error={attempt.error} causes={causes} />
              </details>
            )}
            {culprit !== null && (
              <p className="small">
                Its worker was ended by{' '}
                <RunLink id={culprit} list={list}>
                  run {culprit}
                </RunLink>
                .
              </p>
            )}
          </div>
        )
      })}
      {shown.length < attempts.length && (
        <Button size="compact-xs" variant="subtle" onClick={() => setShowsAll(true)}>
          Show {attempts.length - shown.length} more attempts
        </Button>
      )}
    </div>
  )
}

interface BegunProps {
  at: string
  worker: string | null
  workers: ReadonlyMap<string | null, WorkerOfRun>
  zone: string
}

/** When an attempt began, and where. */
function Begun({ at, worker, workers, zone }: BegunProps) {
  return (
    <span className="muted">
      <Time at={at} zone={zone} show="clock" seconds="always" />
      {worker !== null && ` on ${workers.get(worker)?.name ?? `worker ${worker}`}`}
    </span>
  )
}
