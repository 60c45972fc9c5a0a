import { Panel } from '../../panel/Panel.tsx'
import { intervalText } from '../../time/interval.ts'
import { Time } from '../../time/Time.tsx'
import type { Saved } from '../form/draft.ts'
import {
  choiceOf,
  exclusionChoices,
  missedChoices,
  overlapChoices,
  priorityChoices,
  retriesInWords,
} from '../form/policies.ts'
import { runsInWords } from '../rule.ts'
import styles from './SchedulePage.module.css'

interface DefinitionListProps {
  schedule: Saved & {
    runAs: string
    updatedAt: string
    updatedBy: string
    createdBy: string
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
        <dt>Retries</dt>
        <dd>
          {retriesInWords(
            schedule.maxAttempts,
            intervalText(schedule.retryDelay),
            Number(schedule.retryBackoff),
          )}
        </dd>
        <dt>Timeout</dt>
        <dd>{schedule.timeout === null ? 'None' : intervalText(schedule.timeout)}</dd>
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
