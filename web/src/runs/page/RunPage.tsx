import { Button } from '@mantine/core'
import { modals } from '@mantine/modals'
import { IconPlayerPlay } from '@tabler/icons-react'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { EmptyState } from '../../panel/EmptyState.tsx'
import { PageHeading } from '../../panel/PageHeading.tsx'
import { PageSkeleton } from '../../panel/PageSkeleton.tsx'
import { Panel } from '../../panel/Panel.tsx'
import { ProblemNote } from '../../panel/ProblemNote.tsx'
import { TriggerForm } from '../../schedules/payload/TriggerForm.tsx'
import { ruleInWords } from '../../schedules/rule.ts'
import { useSession } from '../../session/useSession.ts'
import { useTimeZone } from '../../time/zone.ts'
import { RunLog } from '../log/RunLog.tsx'
import { hasOwnError, mayTrigger, writtenReason } from '../run.ts'
import { RunActions } from '../RunActions.tsx'
import { RunAttempts } from '../RunAttempts.tsx'
import { RunChildren, RunParent } from '../RunChildren.tsx'
import { CopyJson, RunJson } from '../RunJson.tsx'
import { RunBlocked, WorkersAffected } from '../RunNotes.tsx'
import { hasRetries, RunRetries } from '../RunRetries.tsx'
import { isActive, isStopping, runStateOf } from '../runState.ts'
import { RunTimeline } from '../RunTimeline.tsx'
import { RunStateNow, RunWhen } from '../RunWhen.tsx'
import { useUsualLength } from '../useUsualLength.ts'
import { useRun, type RunDetails } from '../useRun.ts'
import { isScheduledPayload } from './origin.ts'
import { RunOrigin } from './RunOrigin.tsx'
import { RunSiblings } from './RunSiblings.tsx'
import styles from './RunPage.module.css'

/** All about one run: what happened when, what it tried and logged, what came before and after it, and why there is it. */
export function RunPage() {
  const { runId = '0' } = useParams({ strict: false })
  return <RunPageOf key={runId} runId={runId} />
}

function RunPageOf({ runId }: { runId: string }) {
  const zone = useTimeZone()
  const { run, affected, problem, isFetching, onTry } = useRun(runId)
  if (run) return <RunView run={run} affected={affected} zone={zone} />
  return (
    <div className="page" aria-busy={isFetching}>
      {problem ? (
        <ProblemNote
          problem={problem}
          action={
            <Button size="xs" variant="default" onClick={onTry}>
              Try again
            </Button>
          }
        />
      ) : isFetching ? (
        <PageSkeleton />
      ) : (
        <EmptyState level={1} title={`There is no run ${runId}`} action={<Link to="/runs">All runs</Link>}>
          Old runs are deleted after a while.
        </EmptyState>
      )}
    </div>
  )
}

type RunViewProps = { run: RunDetails; affected: ReturnType<typeof useRun>['affected']; zone: string }

function RunView({ run, affected, zone }: RunViewProps) {
  const navigate = useNavigate()
  const show = (runId: string) => void navigate({ to: '/runs/$runId', params: { runId } })
  const usual = useUsualLength(run)
  const { schedule } = run
  const isEdited = !isScheduledPayload(run)
  return (
    <article className="page" aria-label={`Run ${run.rowId}`}>
      <header className={`page-head ${styles['head']}`}>
        <div className="grow">
          <div className={styles['title']}>
            <PageHeading>
              {run.scheduleName} <span className="faint">#{run.rowId}</span>
            </PageHeading>
            <RunStateNow run={run} />
            {schedule?.tags.map((tag) => (
              <span key={tag} className="tag">
                {tag}
              </span>
            ))}
          </div>
          <p>
            <RunWhen run={run} zone={zone} />
            {schedule && run.trigger === 'schedule' && ` · ${ruleInWords(schedule)}, ${schedule.timezone}`}
          </p>
          <RunParent run={run} list={null} />
          {isStopping(run) && run.reason !== null && <p className="small">{writtenReason(run)}</p>}
        </div>
        <div className={styles['actions']}>
          <RunActions run={run} onRetried={show} />
          <TriggerAgain run={run} onQueued={show} />
        </div>
      </header>
      <div className={styles['timeline']}>
        <Panel title="Timeline">
          <RunTimeline run={run} attempts={run.attempts.nodes} {...{ zone, usual }} />
        </Panel>
      </div>
      <div className="columns">
        <div className="stack">
          {run.blockedBecause !== null && (
            <Panel title="Blocked">
              <RunBlocked run={run} />
            </Panel>
          )}
          {affected.length > 0 && (
            <Panel title="Workers affected">
              <WorkersAffected workers={affected} zone={zone} />
            </Panel>
          )}
          {run.children === null ? (
            <Panel title="Attempts" aside={attemptsLeft(run)}>
              <RunAttempts run={run} zone={zone} list={null} />
            </Panel>
          ) : (
            <Panel title={run.graph === null ? 'Children' : 'Steps'}>
              <RunChildren run={run} list={null} />
            </Panel>
          )}
          {hasOwnError(run) && (
            <Panel title="Error">
              <pre className={styles['error']} data-run-state="failed">
                {run.error}
              </pre>
            </Panel>
          )}
          {run.children === null && (
            <RunLog
              runId={run.rowId}
              isRunning={isActive(runStateOf(run.status))}
              version={`${run.status} ${run.attempt}`}
              zone={zone}
              isPanel
            />
          )}
        </div>
        <div className="stack">
          <RunSiblings run={run} zone={zone} onShow={show} />
          {hasRetries(run) && (
            <Panel title="Retries">
              <RunRetries run={run} list={null} />
            </Panel>
          )}
          <Panel
            title="Payload"
            aside={
              <>
                {schedule && (
                  <span className="tag">{isEdited ? 'not the schedule’s' : 'as in the schedule'}</span>
                )}
                <CopyJson value={run.payload} what="payload" />
              </>
            }
          >
            <RunJson value={run.payload} label="Payload" />
          </Panel>
          <Panel title="Result" aside={run.result !== null && <CopyJson value={run.result} what="result" />}>
            {run.result === null ? (
              <p className={styles['none']}>
                {isActive(runStateOf(run.status))
                  ? 'None yet: an attempt that succeeds returns it.'
                  : 'None.'}
              </p>
            ) : (
              <RunJson value={run.result} label="Result" />
            )}
          </Panel>
          <RunOrigin run={run} zone={zone} />
        </div>
      </div>
    </article>
  )
}

/** "3 attempts left", while there may be another. */
function attemptsLeft({ status, attempt, maxAttempts }: RunDetails): string | undefined {
  if (!isActive(runStateOf(status))) return undefined
  const left = maxAttempts - attempt
  return `${left} left`
}

/** Runs the schedule once more, with the payload of this run, which can be edited beforehand. */
function TriggerAgain({ run, onQueued }: { run: RunDetails; onQueued: (runId: string) => void }) {
  const { isAdmin } = useSession()
  const { schedule } = run
  if (!mayTrigger(schedule, isAdmin)) return null
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconPlayerPlay size={15} aria-hidden />}
      onClick={() =>
        modals.open({
          title: `Trigger ${schedule.name} with the payload of run #${run.rowId}`,
          children: (
            <TriggerForm
              name={schedule.name}
              task={schedule.taskIdentifier}
              payload={run.payload}
              onQueued={(runId) => {
                modals.closeAll()
                onQueued(runId)
              }}
            />
          ),
        })
      }
    >
      Trigger with this payload…
    </Button>
  )
}
