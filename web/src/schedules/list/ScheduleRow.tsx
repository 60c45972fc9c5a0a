import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { RunStateText } from '../../runs/RunGlyph.tsx'
import { runStateOf } from '../../runs/runState.ts'
import { IntervalFragment } from '../../time/interval.ts'
import { Time } from '../../time/Time.tsx'
import { kindNames, ruleInWords, ruleText } from '../rule.ts'
import { NextTime } from '../NextTime.tsx'
import { useWarningsOf } from '../warnings/scheduleWarnings.ts'
import { WarningTags } from '../warnings/WarningBadge.tsx'
import { BlockedTag } from '../BlockedTag.tsx'
import { SystemTag } from '../SystemTag.tsx'
import { shownStatus } from '../scheduleStatus.ts'
import { ScheduleState } from '../ScheduleState.tsx'
import { Sparkline } from './Sparkline.tsx'
import type { LastOutcomes } from './useLastOutcomes.ts'
import styles from './SchedulesPage.module.css'

export const ScheduleRow_schedule = graphql(
  `
    fragment ScheduleRow_schedule on Schedule {
      rowId
      name
      isSystem
      status
      kind
      cronExpression
      every {
        ...Interval
      }
      runAt
      timezone
      nextRunAt
      warning
      blockedBecause
      lastStatus
      totalRuns
      tags
      createdBy
      deletedAt
      failedRuns
    }
  `,
  [IntervalFragment],
)

interface ScheduleRowProps {
  schedule: FragmentOf<typeof ScheduleRow_schedule>
  /** How its last runs ended; undefined while that is on its way. */
  last: LastOutcomes | undefined
  zone: string
  /** Narrows the list to a tag. */
  onTag: (tag: string) => void
  /** Brings a deleted one back; null for those who may not. */
  onRestore: ((schedule: { rowId: string; name: string }) => void) | null
}

/** One schedule in the list. */
export function ScheduleRow({ schedule: masked, last, zone, onTag, onRestore }: ScheduleRowProps) {
  const schedule = readFragment(ScheduleRow_schedule, masked)
  const text = ruleText(schedule)
  // That it never runs is shown where its next time would be.
  const warnings = useWarningsOf(schedule.rowId).filter(({ kind }) => kind !== 'never runs')
  return (
    <tr>
      <td>
        <div className={styles.state}>
          <ScheduleState status={shownStatus(schedule)} />
          {schedule.deletedAt !== null && onRestore !== null && (
            <Button
              size="compact-xs"
              variant="default"
              onClick={() => onRestore({ rowId: schedule.rowId, name: schedule.name })}
            >
              Restore<span className="visually-hidden"> {schedule.name}</span>
            </Button>
          )}
        </div>
      </td>
      <td>
        <Link
          className={styles.name}
          to="/schedules/$scheduleId"
          params={{ scheduleId: schedule.rowId }}
          title={schedule.name}
        >
          {schedule.name}
        </Link>
        {(schedule.isSystem || schedule.blockedBecause !== null || schedule.tags.length > 0) && (
          <div className={styles.tags}>
            {schedule.isSystem && <SystemTag />}
            {schedule.blockedBecause !== null && <BlockedTag because={schedule.blockedBecause} />}
            {schedule.tags.map(
              (tag) =>
                tag !== null && (
                  <button
                    key={tag}
                    type="button"
                    className="tag"
                    title={tag}
                    aria-label={`Only with the tag ${tag}`}
                    onClick={() => onTag(tag)}
                  >
                    {tag}
                  </button>
                ),
            )}
          </div>
        )}
      </td>
      <td className={styles.rule}>
        {ruleInWords(schedule)}
        <div className="small">
          {text !== null && <code className="tag">{text}</code>}{' '}
          {schedule.kind !== 'manual' && <span className="faint">{schedule.timezone}</span>}
        </div>
      </td>
      <td>{kindNames[schedule.kind]}</td>
      <td title={schedule.createdBy}>{schedule.createdBy}</td>
      <td>
        <NextTime schedule={schedule} zone={zone} />
        {warnings.length > 0 && (
          <div className={styles.warnings}>
            <WarningTags warnings={warnings} />
          </div>
        )}
      </td>
      <td>
        {schedule.lastStatus === null ? (
          <span className="faint">None yet</span>
        ) : (
          <>
            <RunStateText state={last?.outcomes.at(-1) ?? runStateOf(schedule.lastStatus)} />{' '}
            {last?.endedFor && (
              <span className="faint small">
                <Time at={last.endedFor} zone={zone} />
              </span>
            )}
          </>
        )}
      </td>
      <td>{last !== undefined && <Sparkline outcomes={last.outcomes} />}</td>
      <td className="num">{Number(schedule.totalRuns).toLocaleString('en-GB')}</td>
      <td className="num">
        {schedule.failedRuns === '0' ? (
          <span className="faint">0</span>
        ) : (
          <span data-run-state="failed" style={{ color: 'var(--t)' }}>
            {Number(schedule.failedRuns).toLocaleString('en-GB')}
          </span>
        )}
      </td>
    </tr>
  )
}
