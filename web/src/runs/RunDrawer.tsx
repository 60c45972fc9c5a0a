import { ActionIcon } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { readProblems } from '../graphql/error.ts'
import { graphql } from '../graphql/graphql.ts'
import { useLiveQuery } from '../graphql/live.ts'
import { ProblemNote } from '../panel/ProblemNote.tsx'
import { formatDuration, formatLateness } from '../time/duration.ts'
import { Time } from '../time/Time.tsx'
import { lateOf, tookOf, triggerInWords } from './run.ts'
import { RunGlyph, RunStateText } from './RunGlyph.tsx'
import { Elapsed } from './RunRow.tsx'
import { runStateLabel, runStateOf } from './runState.ts'
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
        scheduledFor
        dueAt
        queuedAt
        startedAt
        attemptStartedAt
        finishedAt
        attempt
        maxAttempts
        workerId
        runAs
        attempts(orderBy: [ATTEMPT_DESC], first: 50) {
          nodes {
            attempt
            status
            startedAt
            finishedAt
            workerId
            error
          }
        }
      }
    }
  }
`)

interface RunDrawerProps {
  runId: string
  zone: string
  onClose: () => void
}

/** All about one run. */
export function RunDrawer({ runId, zone, onClose }: RunDrawerProps) {
  const [{ data, error, fetching }] = useLiveQuery(
    { query: runQuery, variables: { id: runId } },
    { topics: ['runs'] },
  )
  const run = data?.runs?.nodes[0]
  const [problem] = readProblems(error)
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
          <ProblemNote problem={problem} />
        ) : (
          !fetching && <p className={styles.none}>There is no such run.</p>
        )}
      </aside>
    )
  }

  const state = runStateOf(run.status)
  const late = lateOf(run)
  const took = tookOf(run)
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
        <RunStateText state={state}>
          {run.attempt > 1
            ? `${runStateLabel(state)}, attempt ${run.attempt} of ${run.maxAttempts}`
            : undefined}
        </RunStateText>
        {close}
        <p className="small muted">
          Due <Time at={run.dueAt} zone={zone} seconds="always" /> {zone}
          {late !== null && ` · started ${formatLateness(late)} late`}
          {took !== null && ` · took ${formatDuration(took)}`}
        </p>
      </header>
      {run.reason !== null && (
        <Section title="Reason">
          <p>{run.reason}</p>
        </Section>
      )}
      {run.progress !== null && (
        <Section title="Progress">
          <progress value={run.progress} max={1} aria-label="Progress" /> {Math.round(run.progress * 100)} %
        </Section>
      )}
      <Section title="Attempts">
        {run.attempts.nodes.length === 0 && !goesOn && <p className="muted">None has begun.</p>}
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
            {attempt.error !== null && <pre data-run-state="failed">{attempt.error}</pre>}
          </div>
        ))}
      </Section>
      {run.error !== null && run.attempts.nodes.every(({ error }) => error === null) && (
        <Section title="Error">
          <pre data-run-state="failed">{run.error}</pre>
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

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  )
}
