import { Button } from '@mantine/core'
import { useState } from 'react'
import { useQuery } from 'urql'
import { readProblems } from '../../graphql/error.ts'
import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { ProblemNote } from '../../panel/ProblemNote.tsx'
import { RunStateText } from '../../runs/RunGlyph.tsx'
import { formatDuration } from '../../time/duration.ts'
import { useNow } from '../../time/now.ts'
import { Time } from '../../time/Time.tsx'
import { jobState, payloadText } from './job.ts'
import styles from './Jobs.module.css'

export const JobRow_job = graphql(`
  fragment JobRow_job on HostJobsRecord {
    id
    taskIdentifier
    state
    queueName
    key
    runAt
    attempts
    maxAttempts
    lastError
    flags
    lockedAt
    lockedBy
    workerName
  }
`)

const payloadQuery = graphql(`
  query JobPayload($id: BigInt!) {
    hostJobPayload(jobId: $id)
  }
`)

interface JobRowProps {
  job: FragmentOf<typeof JobRow_job>
  columns: number
  /** Whether the user may see payloads. */
  isAdmin: boolean
  zone: string
}

/** One of the application's jobs: with what it failed, and which worker has it. */
export function JobRow({ job: masked, columns, isAdmin, zone }: JobRowProps) {
  const job = readFragment(JobRow_job, masked)
  const [isOpen, setIsOpen] = useState(false)
  const now = useNow()
  const { glyph, label } = jobState(job.state ?? '')
  const more = [job.queueName !== null && `queue ${job.queueName}`, ...(job.flags ?? [])].filter(Boolean)
  const hasNote = job.lastError !== null || job.lockedAt !== null || isOpen
  return (
    <>
      <tr data-noted={hasNote || undefined}>
        <td>
          <RunStateText state={glyph}>{label}</RunStateText>
        </td>
        <td title={job.taskIdentifier ?? ''}>
          <span className={styles['task']}>{job.taskIdentifier}</span>{' '}
          {job.key !== null && <span className="muted">{job.key}</span>}
        </td>
        <td className="muted" title={more.join(', ')}>
          {more.join(', ')}
        </td>
        <td>{job.runAt !== null && <Time at={job.runAt} zone={zone} seconds="never" />}</td>
        <td className="num">
          {job.attempts} of {job.maxAttempts}
        </td>
        <td>
          {isAdmin && (
            <Button
              size="compact-xs"
              variant="default"
              aria-expanded={isOpen}
              aria-label={`Payload of job ${job.id}`}
              title="Payload"
              onClick={() => setIsOpen(!isOpen)}
            >
              {'{ }'}
            </Button>
          )}
        </td>
      </tr>
      {hasNote && (
        <tr className={styles['note']}>
          <td colSpan={columns}>
            {job.lockedAt !== null && (
              <p>
                {job.workerName === null ? `A pool ${job.lockedBy ?? ''}` : `Worker ${job.workerName}`} has it
                for {formatDuration(Math.max(0, now - Date.parse(job.lockedAt)))}.
              </p>
            )}
            {job.lastError !== null && <p className={styles['error']}>{job.lastError}</p>}
            {isOpen && <JobPayload id={job.id ?? ''} />}
          </td>
        </tr>
      )}
    </>
  )
}

function JobPayload({ id }: { id: string }) {
  const [{ data, error }] = useQuery({
    query: payloadQuery,
    variables: { id },
    requestPolicy: 'network-only',
  })
  const [problem] = readProblems(error)
  if (problem) return <ProblemNote problem={problem} />
  if (data === undefined) return <p role="status">Loading</p>
  return data.hostJobPayload === null ? (
    <p>This job has ended.</p>
  ) : (
    <pre className={styles['payload']}>{payloadText(data.hostJobPayload)}</pre>
  )
}
