import { Button } from '@mantine/core'
import { useState } from 'react'
import { Panel } from '../panel/Panel.tsx'
import { countText, failuresText, lengthText, type RetentionRule } from '../settings/retention.ts'
import { Time } from '../time/Time.tsx'
import { RetentionForm, type RetentionChange } from './RetentionForm.tsx'
import styles from './Ledger.module.css'

export interface Retention extends RetentionRule {
  readonly schedulesOtherwise: string | null
  readonly oldestRunAt: string | null
  readonly nextFrom: string | null
  readonly nextRuns: string | null
  readonly nextAt: string | null
  readonly isRunning: boolean | null
  readonly endedAt: string | null
  readonly removedRuns: string | null
  readonly droppedWeeks: number | null
  readonly isBehind: boolean | null
  /** Whether what is removed is written to files. */
  readonly archive: boolean | null
  readonly archiveWaiting: string | null
  readonly archiveWaitsSince: string | null
  readonly archiveIsBehind: boolean | null
}

const counted = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`

/** How long runs are kept, what goes next and what went last; admins change it here. */
export function RetentionPanel({
  retention,
  zone,
  canChange,
  onChange,
}: {
  retention: Retention
  zone: string
  canChange: boolean
  /** Resolves to what is wrong, in words; null: it was saved. */
  onChange: (change: RetentionChange) => Promise<string | null>
}) {
  const [isEditing, setIsEditing] = useState(false)
  const { nextFrom, nextAt, nextRuns, oldestRunAt, endedAt } = retention
  const otherwise = Number(retention.schedulesOtherwise ?? 0)
  const removed = `${counted(Number(retention.removedRuns ?? 0), 'run')} and ${counted(retention.droppedWeeks ?? 0, 'whole week')}`
  return (
    <Panel
      title="Retention"
      aside={
        canChange &&
        !isEditing && (
          <Button size="compact-xs" variant="default" onClick={() => setIsEditing(true)}>
            Change
          </Button>
        )
      }
    >
      {isEditing ? (
        <RetentionForm
          rule={retention}
          onCancel={() => setIsEditing(false)}
          onSave={async (change) => {
            const problem = await onChange(change)
            if (problem === null) setIsEditing(false)
            return problem
          }}
        />
      ) : (
        <dl className={styles.retention}>
          <dt>Runs kept for</dt>
          <dd>{lengthText(retention.keepFor)}</dd>
          <dt>Failures kept for</dt>
          <dd>{failuresText(retention.keepFailuresFor)}</dd>
          <dt>Runs of a schedule</dt>
          <dd>
            {countText(retention.keepLast)}
            {otherwise > 0 && (
              <span className="small">
                {' '}
                ({counted(otherwise, 'schedule says', 'schedules say')} otherwise)
              </span>
            )}
          </dd>
          <dt>Oldest run</dt>
          <dd>
            {oldestRunAt === null ? 'None has ended' : <Time at={oldestRunAt} zone={zone} seconds="never" />}
          </dd>
          <dt>Next to go</dt>
          <dd>
            {nextFrom === null || nextAt === null ? (
              'Nothing'
            ) : (
              <>
                The week of {nextFrom.slice(0, 10)}, about {counted(Number(nextRuns ?? 0), 'run')},{' '}
                <Time at={nextAt} zone={zone} seconds="never" />
              </>
            )}
          </dd>
          <dt>Last pass</dt>
          <dd>
            {retention.isRunning === true ? (
              `Running: ${removed} removed so far`
            ) : endedAt === null ? (
              'None yet'
            ) : (
              <>
                <Time at={endedAt} zone={zone} seconds="never" />, removed {removed}
              </>
            )}
          </dd>
          {(retention.archive === true || retention.archiveWaitsSince !== null) && (
            <>
              <dt>Archive</dt>
              <dd>
                {retention.archiveWaitsSince === null ? (
                  'All removed runs are in files'
                ) : (
                  <>
                    About {counted(Number(retention.archiveWaiting ?? 0), 'removed run')} not in a file yet,
                    since <Time at={retention.archiveWaitsSince} zone={zone} seconds="never" />
                  </>
                )}
              </dd>
            </>
          )}
        </dl>
      )}
      {retention.isBehind === true && (
        <p role="note" className={styles.behind}>
          What should have gone two days ago is still there. See the runs of almanac:apply-retention.
        </p>
      )}
      {retention.archiveIsBehind === true && (
        <p role="note" className={styles.behind}>
          Removed runs have waited for two days to be written to files. See the runs of
          almanac:apply-retention.
        </p>
      )}
    </Panel>
  )
}
