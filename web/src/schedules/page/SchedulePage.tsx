import { Button } from '@mantine/core'
import { Link, useParams } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { readProblems } from '../../graphql/error.ts'
import { graphql, type ResultOf } from '../../graphql/graphql.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { useWindowTitle } from '../../panel/pageTitle.ts'
import { namedRow } from '../../panel/namedRow.ts'
import { EmptyState } from '../../panel/EmptyState.tsx'
import { useKeptScroll } from '../../panel/keptScroll.ts'
import { PageHeading } from '../../panel/PageHeading.tsx'
import { Panel } from '../../panel/Panel.tsx'
import { PageSkeleton } from '../../panel/PageSkeleton.tsx'
import { ProblemNote } from '../../panel/ProblemNote.tsx'
import { mergeHistory } from '../../runs/history.ts'
import { RunHistory, RunHistory_run } from '../../runs/RunHistory.tsx'
import { useSession } from '../../session/useSession.ts'
import { IntervalFragment } from '../../time/interval.ts'
import { useNow } from '../../time/now.ts'
import { useTimeZone } from '../../time/zone.ts'
import { DefinitionList } from './DefinitionList.tsx'
import { NextTen } from './NextTen.tsx'
import { Outcomes } from './Outcomes.tsx'
import { ExecutionFragment } from '../execution.ts'
import { nextOf } from '../next.ts'
import { ruleInWords, ruleText, runsInWords } from '../rule.ts'
import { runStatistics } from './runStatistics.ts'
import { RestoreButton, ScheduleActions, type SentStatus } from './ScheduleActions.tsx'
import { isManaged, managedNote } from '../managed.ts'
import { ScheduleStats } from './ScheduleStats.tsx'
import { useScheduleWarnings } from '../warnings/useScheduleWarnings.ts'
import { WarningNotes } from '../warnings/WarningBadge.tsx'
import { BlockedTag } from '../BlockedTag.tsx'
import { SystemTag } from '../SystemTag.tsx'
import { shownStatus } from '../scheduleStatus.ts'
import { ScheduleTag } from '../ScheduleTag.tsx'
import { WhyPanel } from './WhyPanel.tsx'
import styles from './SchedulePage.module.css'

const scheduleQuery = graphql(
  `
    query Schedule($id: BigInt!) {
      schedule(rowId: $id) {
        rowId
        name
        isSystem
        managedBy
        managedVersion
        mayChange
        description
        status
        pauseReason
        pausedAt
        deletedAt
        kind
        cronExpression
        every {
          ...Interval
        }
        runAt
        timezone
        startsAt
        endsAt
        taskIdentifier
        target
        taskGroup
        workflowName
        workflowVersion
        payload
        priority
        overlapPolicy
        missedRunPolicy
        catchupWindow {
          ...Interval
        }
        lateTolerance {
          ...Interval
        }
        keepFor {
          ...Interval
        }
        keepFailuresFor {
          ...Interval
        }
        keepLast
        maxRuns
        maxConcurrent
        resourceGroup
        maxAttempts
        retryBackoff
        retryCeiling {
          ...Interval
        }
        retryDelay {
          ...Interval
        }
        timeout {
          ...Interval
        }
        jitter {
          ...Interval
        }
        calendars
        exclusionPolicy
        tags
        runAs
        createdBy
        updatedAt
        updatedBy
        nextRunAt
        totalRuns
        consecutiveFailures
        warning
        blockedBecause
        execution {
          ...Execution
        }
        runs(filter: { parentId: { isNull: true } }, orderBy: [SCHEDULED_FOR_DESC, ROW_ID_DESC], first: 60) {
          nodes {
            rowId
            status
            trigger
            scheduledFor
            dueAt
            startedAt
            finishedAt
            blockedBecause
            ...RunHistory_run
          }
          pageInfo {
            hasNextPage
          }
        }
        omissions(orderBy: [DURING_DESC], first: 60) {
          nodes {
            rowId
            reason
            count
            during {
              start {
                value
              }
              end {
                value
              }
            }
          }
          pageInfo {
            hasNextPage
          }
        }
      }
    }
  `,
  [RunHistory_run, ExecutionFragment, IntervalFragment],
)

const historyRows = 20

/** One schedule: what it does, when it runs next, and what happened to its runs. */
export function SchedulePage() {
  const { scheduleId = '0' } = useParams({ strict: false })
  const zone = useTimeZone()
  const now = useNow()
  const { canChange, isAdmin } = useSession()
  const warnings = (useScheduleWarnings().get(scheduleId) ?? []).filter(({ kind }) => kind !== 'never runs')
  const [{ data, error }, retry] = useLiveQuery(
    { query: scheduleQuery, variables: { id: namedRow(scheduleId) } },
    { topics: ['schedules', 'runs'], scheduleId },
  )
  const [rows, setRows] = useState(historyRows)
  const [sent, setSent] = useState<SentStatus | null>(null)
  const answered = data?.schedule
  const schedule = answered && sent !== null ? { ...answered, ...sent } : answered
  const [problem] = readProblems(error)
  useWindowTitle(schedule?.name)
  const scroll = useRef<HTMLDivElement>(null)
  useKeptScroll(scroll, 'schedule', Boolean(schedule))

  if (!schedule) {
    if (problem) {
      return (
        <div className="page">
          <ProblemNote
            problem={problem}
            action={
              <Button size="xs" variant="default" onClick={() => retry({ requestPolicy: 'network-only' })}>
                Try again
              </Button>
            }
          />
        </div>
      )
    }
    return (
      <div className="page" aria-busy={schedule === undefined}>
        {schedule === undefined && <PageSkeleton />}
        {schedule === null && (
          <EmptyState
            title={`There is no schedule ${scheduleId}`}
            action={<Link to="/schedules">All schedules</Link>}
          >
            It may have been permanently deleted.
          </EmptyState>
        )}
      </div>
    )
  }

  const mayChange = canChange && schedule.mayChange !== false
  const history = historyOf(schedule)
  const statistics = runStatistics(schedule.runs.nodes)
  const text = ruleText(schedule)
  const blocked = schedule.runs.nodes.find(({ blockedBecause }) => blockedBecause !== null)
  return (
    <div className="page" ref={scroll}>
      <header className="page-head">
        <div className="grow">
          <div className={styles.title}>
            <PageHeading>{schedule.name}</PageHeading>
            <ScheduleTag status={shownStatus(schedule)} />
            {schedule.isSystem && <SystemTag />}
            {schedule.blockedBecause !== null && <BlockedTag because={schedule.blockedBecause} />}
            {schedule.tags.map((tag) => (
              <span key={tag} className="tag">
                {tag}
              </span>
            ))}
          </div>
          <p>
            {ruleInWords(schedule)}, {schedule.timezone}{' '}
            {text !== null && <code className="tag">{text}</code>}
          </p>
          {schedule.description !== null && <p className="small">{schedule.description}</p>}
          {schedule.isSystem && (
            <p className="small">
              System schedule: it cannot be changed or deleted. Its result is the{' '}
              <Link className="accent-link" to="/ledger">
                ledger
              </Link>
              .
            </p>
          )}
          {isManaged(schedule) && <p className="small">{managedNote(schedule)}</p>}
          {schedule.status === 'paused' && schedule.pauseReason !== null && (
            <p className="small">Paused: {schedule.pauseReason}</p>
          )}
          {schedule.warning !== null && <p className="small">It will never run: {schedule.warning}</p>}
          {canChange && !mayChange && !schedule.isSystem && (
            <p className="small">Only its owner and admins can change it.</p>
          )}
          <WarningNotes warnings={warnings} />
        </div>
        {(schedule.isSystem ? isAdmin : mayChange) &&
          (schedule.deletedAt === null ? (
            <ScheduleActions schedule={schedule} onSend={setSent} />
          ) : (
            <RestoreButton rowId={schedule.rowId} name={schedule.name} />
          ))}
      </header>
      {schedule.blockedBecause !== null && (
        <div className={styles.blocked}>
          <ProblemNote
            problem={{
              message: `It does not run. ${schedule.blockedBecause}`,
              detail: null,
              hint: 'Queued runs wait where the task is switched off. An admin can change that, or choose another task for this schedule.',
              code: null,
              field: null,
            }}
          />
        </div>
      )}
      {blocked && schedule.blockedBecause === null && (
        <div className={styles.blocked}>
          <ProblemNote
            problem={{
              message: `Run ${blocked.rowId} cannot start. ${blocked.blockedBecause ?? ''}`,
              detail: null,
              hint: `Start a worker that has the task ${schedule.taskIdentifier}, or change the task of this schedule.`,
              code: null,
              field: null,
            }}
            action={
              <Link className="accent-link" to="/workers">
                Workers
              </Link>
            }
          />
        </div>
      )}
      <div className="columns">
        <div className="stack">
          <ScheduleStats statistics={statistics} next={nextOf(schedule)} zone={zone} />
          <Panel
            title={
              statistics.outcomes.length === 0
                ? 'Outcomes'
                : statistics.outcomes.length === 1
                  ? 'Last outcome'
                  : `Last ${statistics.outcomes.length} outcomes`
            }
            aside="Height is duration"
          >
            <Outcomes outcomes={statistics.outcomes} zone={zone} now={now} />
          </Panel>
          <Panel
            title="History"
            padded={false}
            aside={
              <>
                {runsInWords(schedule.totalRuns)}
                {schedule.consecutiveFailures > 1 &&
                  `, the last ${schedule.consecutiveFailures} failed`} ·{' '}
                <Link className="accent-link" to="/runs" search={{ schedule: schedule.rowId }}>
                  Open in Runs
                </Link>
              </>
            }
          >
            <RunHistory
              entries={history.slice(0, rows)}
              scheduleId={schedule.rowId}
              paused={
                schedule.status === 'paused' && schedule.pausedAt !== null
                  ? { at: schedule.pausedAt, reason: schedule.pauseReason }
                  : null
              }
              zone={zone}
            />
            {history.length > rows && (
              <Button size="xs" variant="subtle" m="xs" onClick={() => setRows(rows + historyRows)}>
                Show older
              </Button>
            )}
          </Panel>
        </div>
        <div className="stack">
          {schedule.deletedAt === null && <NextTen schedule={schedule} />}
          <WhyPanel
            schedule={schedule}
            suggestion={schedule.runs.nodes[0]?.scheduledFor ?? schedule.nextRunAt ?? schedule.updatedAt}
            zone={zone}
          />
          <DefinitionList schedule={schedule} zone={zone} />
        </div>
      </div>
    </div>
  )
}

/** Runs and what did not run, by time. */
function historyOf({ runs, omissions }: NonNullable<ResultOf<typeof scheduleQuery>['schedule']>) {
  return mergeHistory(
    { rows: runs.nodes, isCut: runs.pageInfo.hasNextPage },
    {
      rows: omissions.nodes.flatMap(({ rowId, reason, count, during: { start, end } }) =>
        start === null || end === null
          ? []
          : [{ rowId, reason, count: Number(count), first: start.value, last: end.value }],
      ),
      isCut: omissions.pageInfo.hasNextPage,
    },
  )
}
