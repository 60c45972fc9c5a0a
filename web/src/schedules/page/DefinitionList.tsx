import { Fragment } from 'react'
import { Panel } from '../../panel/Panel.tsx'
import { countText, lengthText } from '../../settings/retention.ts'
import { intervalText } from '../../time/interval.ts'
import { Time } from '../../time/Time.tsx'
import { settingText, sourceInWords, type Execution } from '../execution.ts'
import type { Saved } from '../form/draft.ts'
import {
  choiceOf,
  exclusionChoices,
  missedChoices,
  overlapChoices,
  priorityChoices,
  targetChoices,
} from '../form/policies.ts'
import { runsInWords } from '../rule.ts'
import styles from './SchedulePage.module.css'

interface DefinitionListProps {
  schedule: Saved & {
    workflowVersion: number | null
    runAs: string
    updatedAt: string
    updatedBy: string
    createdBy: string
    execution: Execution | null
  }
  zone: string
}

/** How a schedule is defined, in words. */
export function DefinitionList({ schedule, zone }: DefinitionListProps) {
  const missed = choiceOf(missedChoices, schedule.missedRunPolicy)
  return (
    <Panel title="Definition">
      <dl className={styles.definition}>
        <dt>Task</dt>
        <dd>
          <code>{schedule.taskIdentifier}</code>
        </dd>
        {schedule.target.toLowerCase() !== 'task' && (
          <>
            <dt>Runs</dt>
            <dd>
              {choiceOf(targetChoices, schedule.target).label}
              {schedule.taskGroup !== null && (
                <>
                  {': '}
                  <code>{schedule.taskGroup}</code>
                </>
              )}
              {schedule.workflowName !== null && (
                <>
                  {': '}
                  <code>{schedule.workflowName}</code>, version {schedule.workflowVersion}
                </>
              )}
            </dd>
          </>
        )}
        <dt>Payload</dt>
        <dd>
          <code>{JSON.stringify(schedule.payload)}</code>
        </dd>
        {schedule.startsAt !== null && (
          <>
            <dt>Starts</dt>
            <dd>
              <Time at={schedule.startsAt} zone={schedule.timezone} />
            </dd>
          </>
        )}
        {schedule.endsAt !== null && (
          <>
            <dt>Ends</dt>
            <dd>
              <Time at={schedule.endsAt} zone={schedule.timezone} />
            </dd>
          </>
        )}
        {schedule.maxRuns !== null && (
          <>
            <dt>Ends after</dt>
            <dd>{runsInWords(String(schedule.maxRuns))}</dd>
          </>
        )}
        <dt>If still running</dt>
        <dd>
          {choiceOf(overlapChoices, schedule.overlapPolicy).label}
          {schedule.maxConcurrent !== null && `, at most ${schedule.maxConcurrent} at once`}
        </dd>
        {schedule.resourceGroup !== null && (
          <>
            <dt>Resource group</dt>
            <dd>{schedule.resourceGroup}</dd>
          </>
        )}
        <dt>If missed</dt>
        <dd>
          {missed.label}
          {missed.value !== 'skip' && `, within ${intervalText(schedule.catchupWindow)}`}
        </dd>
        {schedule.calendars.length > 0 && (
          <>
            <dt>Excluded by</dt>
            <dd>{schedule.calendars.join(', ')}</dd>
            <dt>If excluded</dt>
            <dd>{choiceOf(exclusionChoices, schedule.exclusionPolicy).label}</dd>
          </>
        )}
        {schedule.jitter !== null && (
          <>
            <dt>Jitter</dt>
            <dd>Up to {intervalText(schedule.jitter)}</dd>
          </>
        )}
        {schedule.execution !== null && <ExecutionRows execution={schedule.execution} />}
        {schedule.keepFor !== null && (
          <>
            <dt>Runs kept for</dt>
            <dd>{lengthText(schedule.keepFor)}</dd>
          </>
        )}
        {schedule.keepFailuresFor !== null && (
          <>
            <dt>Failures kept for</dt>
            <dd>{lengthText(schedule.keepFailuresFor)}</dd>
          </>
        )}
        {schedule.keepLast !== null && (
          <>
            <dt>Runs kept</dt>
            <dd>{countText(schedule.keepLast)}</dd>
          </>
        )}
        <dt>Priority</dt>
        <dd>{choiceOf(priorityChoices, String(schedule.priority)).label}</dd>
        <dt>Runs as</dt>
        <dd>
          <code>{schedule.runAs}</code>
        </dd>
        <dt>Created by</dt>
        <dd>
          {schedule.createdBy}, edited <Time at={schedule.updatedAt} zone={zone} /> by {schedule.updatedBy}
        </dd>
      </dl>
    </Panel>
  )
}

/** How its runs are attempted, with who says so where it is not the schedule. */
function ExecutionRows({ execution }: { execution: Execution }) {
  const rows = [
    ['maxAttempts', 'Attempts'],
    ...(execution.maxAttempts === 1
      ? []
      : ([
          ['retryDelay', 'Retry delay'],
          ['retryBackoff', 'Back-off'],
          ['retryCeiling', 'Longest delay'],
        ] as const)),
    ['timeout', 'Timeout'],
  ] as const
  return rows.map(([setting, label]) => {
    const source = sourceInWords(execution[`${setting}From`])
    return (
      <Fragment key={setting}>
        <dt>{label}</dt>
        <dd>
          {settingText(execution, setting)}
          {source !== null && <span className="small"> ({source})</span>}
        </dd>
      </Fragment>
    )
  })
}
