import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useMutation } from 'urql'
import { useMinute } from '../time/useMinute.ts'
import { problemLine, readProblems } from '../graphql/error.ts'
import { graphql } from '../graphql/graphql.ts'
import { useLiveQuery } from '../graphql/live.ts'
import { PageSkeleton } from '../panel/PageSkeleton.tsx'
import { Panel } from '../panel/Panel.tsx'
import { useOwnProblem } from '../panel/ownProblem.ts'
import { ProblemNote } from '../panel/ProblemNote.tsx'
import { useSession } from '../session/useSession.ts'
import { RetentionRuleFragment } from '../settings/retention.ts'
import { useTimeZone } from '../time/zone.ts'
import { Time } from '../time/Time.tsx'
import { CheckTable } from './CheckTable.tsx'
import { FindingPanel } from './FindingPanel.tsx'
import { checkSql, groupFindings, readFindings } from './ledger.ts'
import { LedgerStatus } from './LedgerStatus.tsx'
import { RetentionPanel } from './RetentionPanel.tsx'
import styles from './Ledger.module.css'

const ledgerQuery = graphql(
  `
    query Ledger {
      lastLedgerCheck {
        rowId
        counts
        findings
      }
      retention {
        ...RetentionRule
        schedulesOtherwise
        oldestRunAt
        nextFrom
        nextRuns
        nextAt
        isRunning
        endedAt
        removedRuns
        droppedWeeks
        isBehind
        archive
        archiveWaiting
        archiveWaitsSince
        archiveIsBehind
      }
      ledgerChecks(orderBy: [CHECKED_AT_DESC], first: 48) {
        nodes {
          rowId
          checkedAt
          rangeStart
          rangeEnd
          uncheckedSince
          found
          tookMs
          staleAt
        }
      }
    }
  `,
  [RetentionRuleFragment],
)

const setRetention = graphql(`
  mutation SetRetention(
    $keepFor: IntervalInput
    $keepFailuresFor: IntervalInput
    $keepLast: Int
    $archive: Boolean
  ) {
    setRetention(
      input: { keepFor: $keepFor, keepFailuresFor: $keepFailuresFor, keepLast: $keepLast, archive: $archive }
    ) {
      clientMutationId
    }
  }
`)

/** Whether the ledger is as the rules say: how it stands, what was found, and when it was looked at. */
export function LedgerPage() {
  const zone = useTimeZone()
  const now = useMinute()
  const [{ data, error }, execute] = useLiveQuery(
    { query: ledgerQuery, variables: {} },
    { topics: ['ledger'] },
  )
  const { isAdmin } = useSession()
  const [, changeRetention] = useMutation(setRetention)
  const problem = useOwnProblem(readProblems(error)[0], data !== undefined)
  const checks = data?.ledgerChecks?.nodes
  const last = checks?.[0] ?? null
  const groups =
    data?.lastLedgerCheck == null
      ? []
      : groupFindings(readFindings(data.lastLedgerCheck.findings), data.lastLedgerCheck.counts)
  const listed = groups.reduce((sum, { findings }) => sum + findings.length, 0)

  return (
    <div className="page">
      <h1 className="visually-hidden">Ledger</h1>
      {problem && (
        <ProblemNote
          problem={problem}
          action={
            <Button size="xs" variant="default" onClick={() => execute({ requestPolicy: 'network-only' })}>
              Try again
            </Button>
          }
        />
      )}
      {checks === undefined ? (
        problem === null && <PageSkeleton />
      ) : (
        <div className={`stack ${styles.ledger}`}>
          <LedgerStatus check={last} now={now} zone={zone} workersLink={<Link to="/workers">Workers</Link>} />
          {last?.uncheckedSince != null && (
            <div className={styles.gap} role="note">
              <p>
                No check has looked at the time from{' '}
                <Time at={last.uncheckedSince} zone={zone} seconds="never" /> to{' '}
                <Time at={last.rangeStart} zone={zone} seconds="never" />: no worker checked then, and a check
                reaches back 25 hours. This looks at it:
              </p>
              <pre>{checkSql(last.uncheckedSince, last.rangeStart)}</pre>
            </div>
          )}
          {groups.map((group) => (
            <FindingPanel
              key={group.problem}
              {...group}
              zone={zone}
              scheduleLink={({ scheduleId, scheduleName }) => (
                <Link to="/schedules/$scheduleId" params={{ scheduleId }}>
                  {scheduleName}
                </Link>
              )}
            />
          ))}
          {last !== null && last.found > listed && (
            <div className={styles.gap} role="note">
              <p>
                The first {listed} of {last.found.toLocaleString('en-GB')} are listed. All of them:
              </p>
              <pre>{checkSql(last.rangeStart, last.rangeEnd)}</pre>
            </div>
          )}
          {data?.retention != null && (
            <RetentionPanel
              retention={data.retention}
              zone={zone}
              canChange={isAdmin}
              onChange={async (change) => {
                const { error } = await changeRetention(change)
                const [refusal] = readProblems(error)
                if (refusal !== undefined) return problemLine(refusal)
                execute({ requestPolicy: 'network-only' })
                return null
              }}
            />
          )}
          {checks.length > 0 && (
            <Panel title="Checks" padded={false} aside="Every hour; kept for 90 days">
              <CheckTable checks={checks} zone={zone} />
            </Panel>
          )}
        </div>
      )}
    </div>
  )
}
