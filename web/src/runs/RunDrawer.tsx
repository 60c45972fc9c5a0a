import { ActionIcon, Button } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { IconArrowsMaximize, IconX } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, type ReactNode } from 'react'
import { ProblemNote } from '../panel/ProblemNote.tsx'
import { WhyOf } from '../why/WhyOf.tsx'
import { hasOwnError, triggerInWords, writtenReason } from './run.ts'
import { RunActions } from './RunActions.tsx'
import { RunAttempts } from './RunAttempts.tsx'
import { RunChildren, RunParent } from './RunChildren.tsx'
import { RunJson } from './RunJson.tsx'
import { RunLog } from './log/RunLog.tsx'
import { RunBlocked, WorkersAffected } from './RunNotes.tsx'
import { hasRetries, RunRetries } from './RunRetries.tsx'
import { RunTimeline } from './RunTimeline.tsx'
import { RunStateNow, RunWhen } from './RunWhen.tsx'
import type { ShortRunSearch } from './runList.ts'
import { isActive, isStopping, runStateOf } from './runState.ts'
import { useUsualLength } from './useUsualLength.ts'
import { useRun } from './useRun.ts'
import styles from './RunsPage.module.css'

interface RunDrawerProps {
  runId: string
  zone: string
  /** What the list next to it is narrowed to. */
  search: ShortRunSearch
  onClose: () => void
}

/** One run next to the list; its page has all about it. */
export function RunDrawer({ runId, zone, search, onClose }: RunDrawerProps) {
  const { run, affected, problem, isFetching, onTry } = useRun(runId)
  const usual = useUsualLength(run)
  const navigate = useNavigate()
  const heading = useRef<HTMLHeadingElement>(null)
  useHotkeys([['Escape', onClose]])
  useEffect(() => {
    // What had the focus opened it; a page that was loaded with it has none.
    if (document.activeElement !== document.body) heading.current?.focus({ preventScroll: true })
  }, [])
  const close = (
    <ActionIcon variant="subtle" color="gray" aria-label="Close" title="Close (Esc)" onClick={onClose}>
      <IconX size={17} />
    </ActionIcon>
  )

  if (!run) {
    return (
      <aside className={styles['drawer']} aria-label={`Run ${runId}`} aria-busy={isFetching}>
        <header>
          <h2 ref={heading} tabIndex={-1}>
            Run #{runId}
          </h2>
          {close}
        </header>
        {problem ? (
          <ProblemNote
            problem={problem}
            action={
              <Button size="xs" variant="default" onClick={onTry}>
                Try again
              </Button>
            }
          />
        ) : (
          !isFetching && (
            <p className={styles['none']}>There is no run {runId}. Old runs are deleted after a while.</p>
          )
        )}
      </aside>
    )
  }

  return (
    <aside className={styles['drawer']} aria-label={`Run ${run.rowId}`}>
      <header>
        <h2 ref={heading} tabIndex={-1}>
          <Link to="/schedules/$scheduleId" params={{ scheduleId: run.scheduleId }}>
            {run.scheduleName}
          </Link>{' '}
          <span className="faint">#{run.rowId}</span>
        </h2>
        <RunStateNow run={run} />
        <Button
          className={styles['open'] ?? ''}
          size="compact-xs"
          variant="default"
          leftSection={<IconArrowsMaximize size={14} aria-hidden />}
          renderRoot={(props) => <Link {...props} to="/runs/$runId" params={{ runId: run.rowId }} />}
        >
          Open
        </Button>
        {close}
        <p className="small muted">
          <RunWhen run={run} zone={zone} />
        </p>
        <RunParent run={run} list={search} />
        {isStopping(run) && run.reason !== null && <p className="small muted">{writtenReason(run)}</p>}
        <RunActions
          run={run}
          onRetried={(id) => void navigate({ to: '/runs', search: { ...search, run: id } })}
        />
      </header>
      <Section title="Timeline">
        <RunTimeline run={run} attempts={run.attempts.nodes} {...{ zone, usual }} />
      </Section>
      <Section title="Why">
        <WhyOf subject={{ scheduleId: run.scheduleId, runId: run.rowId }} zone={zone} />
      </Section>
      {run.blockedBecause !== null && (
        <Section title="Blocked">
          <RunBlocked run={run} />
        </Section>
      )}
      {affected.length > 0 && (
        <Section title="Workers affected">
          <WorkersAffected workers={affected} zone={zone} />
        </Section>
      )}
      {run.children === null ? (
        <>
          <Section title="Attempts">
            <RunAttempts run={run} zone={zone} list={search} />
          </Section>
          <RunLog
            runId={run.rowId}
            isRunning={isActive(runStateOf(run.status))}
            version={`${run.status} ${run.attempt}`}
            zone={zone}
          />
        </>
      ) : (
        <Section title={run.graph === null ? 'Children' : 'Steps'}>
          <RunChildren run={run} list={search} />
        </Section>
      )}
      {hasOwnError(run) && (
        <Section title="Error">
          <pre data-run-state="failed">{run.error}</pre>
        </Section>
      )}
      {hasRetries(run) && (
        <Section title="Retries">
          <RunRetries run={run} list={search} />
        </Section>
      )}
      <Section title="What ran">
        <p>
          <code>{run.taskIdentifier}</code> <span className="muted">as</span> <code>{run.runAs}</code>
          <span className="muted"> · {triggerInWords(run)}</span>
        </p>
        <RunJson value={run.payload} label="Payload" />
      </Section>
      {run.result !== null && (
        <Section title="Result">
          <RunJson value={run.result} label="Result" />
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
