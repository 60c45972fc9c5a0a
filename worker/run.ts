import type { Job, JobHelpers } from 'graphile-worker'

/** What a job says of the run it belongs to. Only a reference: the database decides whether it is true. */
export interface RunTicket {
  readonly runId: string
  readonly scheduledFor: string
  readonly jobId: string
}

/** A run whose attempt has begun, as the ledger has it. */
export interface Run {
  readonly id: string
  readonly scheduleId: string
  readonly scheduledFor: string
  readonly attempt: number
  /** Database role that decided what runs. */
  readonly runAs: string
}

/**
 * What a task gets besides its payload: Graphile Worker's helpers, with an abort signal of this run alone, a logger whose
 * lines are kept with the run, and the job named for the task.
 */
export interface RunHelpers extends JobHelpers {
  readonly run: Run
  /** Says how far it is, from 0 to 1, and in words: shown while it is running, at most once a second. */
  progress: (fraction: number, note?: string) => void
}

/** A task written for Almanac: what it returns is kept as the run's result. */
export type RunTask<Payload = unknown> = (payload: Payload, helpers: RunHelpers) => unknown

/** Reads the ticket from the job of a run; `null`: someone else added it under the name of one. */
export function readTicket(job: Job): RunTicket | null {
  const { payload } = job
  if (typeof payload !== 'object' || payload === null || !('_run' in payload)) return null
  const mark = payload._run
  if (typeof mark !== 'object' || mark === null || !('id' in mark) || !('scheduledFor' in mark)) return null
  const { id, scheduledFor } = mark
  if (typeof id !== 'string' || !/^\d{1,18}$/.test(id) || job.key !== `run:${id}`) return null
  if (typeof scheduledFor !== 'string' || Number.isNaN(Date.parse(scheduledFor))) return null
  return { runId: id, scheduledFor, jobId: job.id }
}

/** Whether a job is a run: a task may be a host's own as well. */
export function isRun(helpers: JobHelpers): helpers is RunHelpers {
  return 'run' in helpers
}
