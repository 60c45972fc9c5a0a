import { Link } from '@tanstack/react-router'
import { graphql } from '../../graphql/graphql.ts'
import { useLiveQuery } from '../../graphql/live.ts'
import { Panel } from '../../panel/Panel.tsx'
import { ruleInWords, ruleText } from '../../schedules/rule.ts'
import { intervalText } from '../../time/interval.ts'
import { WhyOf } from '../../why/WhyOf.tsx'
import { triggerNames } from '../run.ts'
import type { RunDetails } from '../useRun.ts'
import { useWorkersOf } from '../useWorkersOf.ts'
import { changesSince } from './origin.ts'
import styles from './RunPage.module.css'

/** Who or what asked for a run, what it ran as and where, what its schedule says by now, and why it went as it did. */
export function RunOrigin({ run, zone }: { run: RunDetails; zone: string }) {
  const worker = useWorkersOf([run.workerId]).get(run.workerId)
  const changes = changesSince(run)
  const { schedule } = run
  const rule = schedule && ruleText(schedule)
  return (
    <Panel title="How it came about">
      <dl className={styles['facts']}>
        <dt>Asked by</dt>
        <dd>
          {run.requestedBy ?? 'The rule'}{' '}
          {run.requestedBy !== null && <span className="muted">({triggerNames[run.trigger]})</span>}
          {run.requestReason !== null && <div className="muted">{run.requestReason}</div>}
        </dd>
        <dt>Schedule</dt>
        <dd>
          <Link className="accent-link" to="/schedules/$scheduleId" params={{ scheduleId: run.scheduleId }}>
            {schedule?.name ?? run.scheduleName}
          </Link>
          {schedule === null && <span className="muted"> no longer exists</span>}
          {typeof schedule?.deletedAt === 'string' && <span className="muted"> deleted since</span>}
          {schedule && (
            <div className="muted">
              {ruleInWords(schedule)}, {schedule.timezone} {rule !== null && <code>{rule}</code>}
            </div>
          )}
        </dd>
        {changes.length > 0 && (
          <>
            <dt>Since then</dt>
            <dd>
              <ul>
                {changes.map(({ what, then, now }) => (
                  <li key={what}>
                    {what} {then} → {now}
                  </li>
                ))}
              </ul>
            </dd>
          </>
        )}
        <dt>Task</dt>
        <dd>
          <code>{run.taskIdentifier}</code> <span className="muted">as</span> <code>{run.runAs}</code>
        </dd>
        {run.workerId !== null && (
          <>
            <dt>Worker</dt>
            <dd>
              <Link className="accent-link" to="/workers">
                {worker?.name ?? `worker ${run.workerId}`}
              </Link>
              {worker && (
                <span className="muted">
                  {' '}
                  pid {worker.pid}, version {worker.version}
                </span>
              )}
            </dd>
          </>
        )}
        <dt>Timeout</dt>
        <dd>{run.timeout === null ? 'No limit' : intervalText(run.timeout)}</dd>
        {run.resourceGroup !== null && (
          <>
            <dt>Group</dt>
            <dd>
              <Group name={run.resourceGroup} />
              {run.placeInLine !== null && <div className="muted">Place in line: {run.placeInLine}</div>}
            </dd>
          </>
        )}
      </dl>
      <section className={styles['why']} aria-label="Why">
        <WhyOf subject={{ scheduleId: run.scheduleId, runId: run.rowId }} zone={zone} />
      </section>
    </Panel>
  )
}

const groupQuery = graphql(`
  query GroupOfRun($name: String!) {
    resourceGroups(filter: { name: { equalTo: $name } }, first: 1) {
      nodes {
        rowId
        running
        waiting
        maxRunning
      }
    }
  }
`)

/** A resource group, and how full it is at this moment. */
function Group({ name }: { name: string }) {
  const [{ data }] = useLiveQuery({ query: groupQuery, variables: { name } }, { topics: ['runs'] })
  const group = data?.resourceGroups?.nodes[0]
  if (!group) return name
  const { running, waiting, maxRunning } = group
  return (
    <>
      {name}{' '}
      <span className="muted">
        {running ?? 0}
        {maxRunning !== null && ` of ${maxRunning}`} in use now, {waiting ?? 0} wait
      </span>
    </>
  )
}
