import { Link } from '@tanstack/react-router'
import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { RunStateText } from '../../runs/RunGlyph.tsx'
import { runStateOf } from '../../runs/runState.ts'
import { Time } from '../../time/Time.tsx'
import { ruleInWords, ruleText } from '../rule.ts'
import { NextTime } from '../NextTime.tsx'
import { SystemTag } from '../SystemTag.tsx'
import { ScheduleState } from '../ScheduleState.tsx'

export const ScheduleRow_schedule = graphql(`
  fragment ScheduleRow_schedule on Schedule {
    rowId
    name
    isSystem
    status
    kind
    cronExpression
    every {
      years
      months
      days
      hours
      minutes
      seconds
    }
    runAt
    timezone
    nextRunAt
    warning
    lastRunAt
    lastStatus
    totalRuns
    failedRuns
  }
`)

interface ScheduleRowProps {
  schedule: FragmentOf<typeof ScheduleRow_schedule>
  zone: string
}

/** One schedule in the list. */
export function ScheduleRow({ schedule: masked, zone }: ScheduleRowProps) {
  const schedule = readFragment(ScheduleRow_schedule, masked)
  const text = ruleText(schedule)
  return (
    <tr>
      <td>
        <ScheduleState status={schedule.status} />
      </td>
      <td>
        <Link to="/schedules/$scheduleId" params={{ scheduleId: schedule.rowId }} title={schedule.name}>
          <b style={{ fontWeight: 500 }}>{schedule.name}</b>
        </Link>{' '}
        {schedule.isSystem && <SystemTag />}
      </td>
      <td title={`${ruleInWords(schedule)}, ${schedule.timezone}`}>
        {ruleInWords(schedule)} {text !== null && <code className="tag">{text}</code>}{' '}
        {schedule.timezone !== zone && schedule.kind === 'cron' && (
          <span className="faint small">{schedule.timezone}</span>
        )}
      </td>
      <td>
        <NextTime schedule={schedule} zone={zone} />
      </td>
      <td>
        {schedule.lastStatus === null ? (
          <span className="faint">None yet</span>
        ) : (
          <>
            <RunStateText state={runStateOf(schedule.lastStatus)} />{' '}
            {schedule.lastRunAt !== null && (
              <span className="faint small">
                <Time at={schedule.lastRunAt} zone={zone} />
              </span>
            )}
          </>
        )}
      </td>
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
