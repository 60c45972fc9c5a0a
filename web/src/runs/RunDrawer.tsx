import { ActionIcon, Button } from '@mantine/core'
import { IconAlertTriangle, IconX } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useQuery } from 'urql'
import { readProblems } from '../graphql/error.ts'
import { graphql } from '../graphql/graphql.ts'
import { useLiveQuery } from '../graphql/live.ts'
import { useWindowTitle } from '../app/pageTitle.ts'
import { namedRow } from '../app/namedRow.ts'
import { ProblemNote } from '../panel/ProblemNote.tsx'
import { formatDuration, formatLateness } from '../time/duration.ts'
import { Time } from '../time/Time.tsx'
import { WhyOf } from '../why/WhyOf.tsx'
import { lateOf, tookOf, triggerInWords } from './run.ts'
import { RunGlyph, RunStateText } from './RunGlyph.tsx'
import { Elapsed } from './RunRow.tsx'
import { RunLog } from './log/RunLog.tsx'
import { Progress } from './Progress.tsx'
import { AttemptError } from './AttemptError.tsx'
import { readCauses } from './causes.ts'
import { RunTimeline } from './RunTimeline.tsx'
import { RunActions } from './RunActions.tsx'
import type { ShortRunSearch } from './runList.ts'
import { isActive, isStopping, runStateLabel, runStateOf, STOPPING } from './runState.ts'
import styles from './RunsPage.module.css'

const runQuery = graphql(`
  query Run($id: BigInt!) {
    runs(filter: { rowId: { equalTo: $id } }, first: 1) {
      nodes {
        rowId
        scheduleId
        scheduleName
        taskIdentifier
        status
        reason
        error
        trigger
        requestedBy
        payload
        result
        progress
        progressNote
        scheduledFor
        dueAt
        queuedAt
        startedAt
        attemptStartedAt
        finishedAt
        attempt
        maxAttempts
        lostAttempts
        nextAttemptAt
        blockedBecause
        workerId
        runAs
        cancelRequestedAt
        mayCancel
        mayRetry
        retriedFrom
        requestReason
        retries(first: 20) {
          rowId
          status
        }
        attempts(orderBy: [ATTEMPT_DESC], first: 50) {
          nodes {
            runId
            attempt
            status
            startedAt
            finishedAt
            workerId
            error
            causes
          }
        }
      }
    }
    ended: workers(filter: { culpritRunId: { equalTo: $id } }, orderBy: [STARTED_AT_DESC], first: 5) {
      nodes {
        rowId
        name
        status
        busySince
        stoppedAt
      }
    }
  }
`)

interface RunDrawerProps {
  runId: string
  zone: string
  /** What the list next to it is narrowed to. */
  search: ShortRunSearch
  onClose: () => void
}

/** All about one run. */
export function RunDrawer({ runId, zone, search, onClose }: RunDrawerProps) {
  const [{ data, error, fetching }, retry] = useLiveQuery(
    { query: runQuery, variables: { id: namedRow(runId) } },
    { topics: ['runs'] },
  )
  const run = data?.runs?.nodes[0]
  const [problem] = readProblems(error)
  useWindowTitle(run && `${run.scheduleName} #${run.rowId}`)
  const culprits = useCulprits(run?.attempts.nodes ?? [])
  const close = (
    <ActionIcon variant="subtle" color="gray" aria-label="Close" onClick={onClose}>
      <IconX size={17} />
    </ActionIcon>
  )

  if (!run) {
    return (
      <aside className={styles.drawer} aria-label={`Run ${runId}`} aria-busy={fetching}>
        <header>
          <h2>Run #{runId}</h2>
          {close}
        </header>
        {problem ? (
          <ProblemNote
            problem={problem}
            action={
              <Button size="xs" variant="default" onClick={() => retry({ requestPolicy: 'network-only' })}>
                Try again
              </Button>
            }
          />
        ) : (
          !fetching && (
            <p className={styles.none}>There is no run {runId}. Old runs are deleted after a while.</p>
          )
        )}
      </aside>
    )
  }

  const state = runStateOf(run.status)
  const late = lateOf(run)
  const took = tookOf(run)
  const ended = data.ended?.nodes ?? []
  const goesOn = state === 'running' && run.attemptStartedAt !== null
  return (
    <aside className={styles.drawer} aria-label={`Run ${run.rowId}`}>
      <header>
        <h2>
          <Link to="/schedules/$scheduleId" params={{ scheduleId: run.scheduleId }}>
            {run.scheduleName}
          </Link>{' '}
          <span className="faint">#{run.rowId}</span>
        </h2>
        <RunStateText state={state}>{stateInWords(run)}</RunStateText>
        {close}
        <p className="small muted">
          Due <Time at={run.dueAt} zone={zone} seconds="always" /> {zone}
          {late !== null && ` · started ${formatLateness(late)} late`}
          {took !== null && ` · took ${formatDuration(took)}`}
        </p>
        {isStopping(run) && run.reason !== null && <p className="small muted">{run.reason}</p>}
        <RunActions run={run} search={search} />
      </header>
      <Section title="Timeline">
        <RunTimeline run={run} attempts={run.attempts.nodes} zone={zone} />
      </Section>
      <Section title="Why">
        <WhyOf subject={{ scheduleId: run.scheduleId, runId: run.rowId }} zone={zone} />
      </Section>
      {run.blockedBecause !== null && (
        <Section title="Blocked">
          <p data-run-state="failed" className={styles.note}>
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
        </Section>
      )}
      {ended.length > 0 && (
        <Section title="Workers affected">
          {ended.map((worker) => (
            <p key={worker.rowId} data-run-state="failed" className={styles.note}>
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
                    has been blocked by this run since{' '}
                    <Time at={worker.busySince} zone={zone} seconds="always" />
                  </>
                )
              )}
            </p>
          ))}
        </Section>
      )}
      {run.progress !== null && (
        <Section title="Progress">
          <Progress of={run.progress} note={run.progressNote} />
        </Section>
      )}
      <Section title="Attempts">
        {run.attempts.nodes.length === 0 && !goesOn && <p className="muted">No attempt has started.</p>}
        {run.lostAttempts !== null && run.lostAttempts > 0 && (
          <p className="muted">
            {run.lostAttempts === 1 ? 'One was' : `${run.lostAttempts} were`} lost with{' '}
            {run.lostAttempts === 1 ? 'its worker' : 'their workers'}; this does not count against the task.
          </p>
        )}
        {run.nextAttemptAt !== null && (
          <p>
            Attempt {run.attempt + 1} of {run.maxAttempts} begins{' '}
            <Time at={run.nextAttemptAt} zone={zone} seconds="always" />.
          </p>
        )}
        {goesOn && run.attemptStartedAt !== null && (
          <div className={styles.attempt}>
            <RunGlyph state="running" label="Running" />
            <span>
              {run.attempt} of {run.maxAttempts}
            </span>
            <span className="muted">
              <Time at={run.attemptStartedAt} zone={zone} show="clock" seconds="always" />
              {run.workerId !== null && ` on worker ${run.workerId}`}
            </span>
            <b>
              <Elapsed since={run.attemptStartedAt} />
            </b>
          </div>
        )}
        {run.attempts.nodes.map((attempt) => (
          <div key={attempt.attempt} className={styles.attempt}>
            <RunGlyph state={runStateOf(attempt.status)} label={runStateLabel(runStateOf(attempt.status))} />
            <span>
              {attempt.attempt} of {run.maxAttempts}
            </span>
            <span className="muted">
              <Time at={attempt.startedAt} zone={zone} show="clock" seconds="always" />
              {attempt.workerId !== null && ` on worker ${attempt.workerId}`}
            </span>
            <span>{formatDuration(Date.parse(attempt.finishedAt) - Date.parse(attempt.startedAt))}</span>
            <AttemptError error={attempt.error} causes={readCauses(attempt.causes)} />
            {culprits.has(attempt.workerId) && (
              <p className="small">
                Its worker was ended by{' '}
                <Link
                  className="accent-link"
                  to="/runs/$runId"
                  params={{ runId: culprits.get(attempt.workerId) ?? '' }}
                >
                  run {culprits.get(attempt.workerId)}
                </Link>
                .
              </p>
            )}
          </div>
        ))}
      </Section>
      <RunLog
        runId={run.rowId}
        isRunning={isActive(state)}
        version={`${run.status} ${run.attempt}`}
        zone={zone}
      />
      {run.error !== null && run.attempts.nodes.every(({ error }) => error === null) && (
        <Section title="Error">
          <pre data-run-state="failed">{run.error}</pre>
        </Section>
      )}
      {(run.retriedFrom !== null || (run.retries ?? []).length > 0) && (
        <Section title="Retries">
          {run.retriedFrom !== null && (
            <p>
              Repeats <RunLink id={run.retriedFrom} search={search} />
              <span className="muted">
                {' '}
                · {triggerInWords(run)}
                {run.requestReason !== null && `: ${run.requestReason}`}
              </span>
            </p>
          )}
          {(run.retries ?? []).map(({ rowId, status }) => (
            <p key={rowId}>
              Repeated by <RunLink id={rowId} search={search} />
              <span className="muted"> · {runStateLabel(runStateOf(status)).toLowerCase()}</span>
            </p>
          ))}
        </Section>
      )}
      <Section title="What ran">
        <p>
          <code>{run.taskIdentifier}</code> <span className="muted">as</span> <code>{run.runAs}</code>
          <span className="muted"> · {triggerInWords(run)}</span>
        </p>
        <pre>{JSON.stringify(run.payload, null, 2)}</pre>
      </Section>
      {run.result !== null && (
        <Section title="Result">
          <pre>{JSON.stringify(run.result, null, 2)}</pre>
        </Section>
      )}
    </aside>
  )
}

const culpritQuery = graphql(`
  query Culprits($workers: [BigInt!]!) {
    workers(filter: { rowId: { in: $workers }, culpritRunId: { isNull: false } }, first: 100) {
      nodes {
        rowId
        culpritRunId
      }
    }
  }
`)

/** By worker, the other run that ended it, of the workers that lost their attempts. */
function useCulprits(
  attempts: readonly { runId: string; status: string; workerId: string | null }[],
): ReadonlyMap<string | null, string> {
  const workers = attempts.flatMap(({ status, workerId }) => (status === 'succeeded' ? [] : (workerId ?? [])))
  const [{ data }] = useQuery({
    query: culpritQuery,
    variables: { workers: [...new Set(workers)] },
    pause: workers.length === 0,
  })
  const own = attempts[0]?.runId
  return new Map(
    (data?.workers?.nodes ?? []).flatMap(({ rowId, culpritRunId }) =>
      culpritRunId === null || culpritRunId === own ? [] : [[rowId, culpritRunId]],
    ),
  )
}

/** "Stopping" or "Retrying, attempt 2 of 5" in place of the plain state; nothing: the state says it all. */
function stateInWords(run: {
  status: string
  cancelRequestedAt: string | null
  attempt: number
  maxAttempts: number
}): string | undefined {
  if (isStopping(run)) return STOPPING
  if (run.attempt <= 1) return undefined
  return `${runStateLabel(runStateOf(run.status))}, attempt ${run.attempt} of ${run.maxAttempts}`
}

function RunLink({ id, search }: { id: string; search: ShortRunSearch }) {
  return (
    <Link className="accent-link" to="/runs/$runId" params={{ runId: id }} search={search}>
      run #{id}
    </Link>
  )
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  )
}
