import type { JobHelpers } from 'graphile-worker'
import type { Journal } from '../logs/journal.ts'
import type { Journals } from '../logs/journals.ts'
import type { Redaction } from '../logs/redaction.ts'
import type { Notifier } from './notifier.ts'
import { createBeginnings, type Begun } from './beginnings.ts'
import { createEndings, LATE, type EndedRun, type Ending } from './endings.ts'
import { describeError, type Log } from '../../process/log.ts'
import { endsWithin } from '../../process/endsWithin.ts'
import { createPerformer, failure, type Outcome } from './performer.ts'
import type { Query } from '../../process/query.ts'
import { readTicket, type RunTask, type RunTicket } from '../run.ts'
import type { Sharing } from '../sharing/sharing.ts'
import { isStatementTask } from '../tasks/statementTasks.ts'

/** Keeps the ledger: each attempt's beginning before its task is called, its end before its job is completed. */
export interface Recorder {
  /** Does the job of a run of this task. Rejects when the attempt fails, once that is recorded. */
  run(identifier: string, task: RunTask, payload: unknown, helpers: JobHelpers): Promise<void>
  /** Asks the tasks of these runs to stop, if they run here, and records them as cancelled. */
  cancel(requests: readonly { runId: string; reason: string }[]): void
  /** Whether any run is running here. */
  hasAny(): boolean
  /** The runs that it has in hand, from before their beginning is recorded until their end is. */
  runIds(): string[]
  /** How many of them have a place in the pool: not those whose task has succeeded. */
  inHand(): number
  /** Waits for ends that are to be recorded yet, at most that many milliseconds; false: some are not. */
  settled(patience: number): Promise<boolean>
  /** Those of them that this worker began, that have ended for good, and whose end is not recorded yet. */
  ended(workerId: string): EndedRun[]
  /** Asks the tasks of all runs to stop; those that have not after `patience` ms are abandoned. */
  interrupt(reason: string, patience: number): void
  /** Stops waiting for a database that does not answer. */
  abandon(): void
}

/** Ends that are recorded while others have their places, at most: further ones keep them. Each may have a result. */
const MOST_OWED = 1_000

/** Makes the recorder of one pool. `workerId` answers once the pool is registered. */
export function createRecorder({
  query,
  workerId,
  sharing,
  notifier,
  journals,
  redaction,
  onFailedJob,
  onHeld,
  onGroupFull,
  onLate,
  log,
  grace,
}: {
  query: Query
  workerId: () => Promise<string>
  sharing: Sharing
  notifier: Notifier
  journals: Journals
  /** Takes the secrets of the worker out of what is recorded; null: it has none. */
  redaction: Redaction | null
  /** Called with the id of a job that Graphile Worker keeps, as its one attempt is used up. */
  onFailedJob: (jobId: string) => void
  /** Called again and again while someone holds a run that is to be recorded. */
  onHeld: () => void
  /** Called when a run is put back as its resource group has no room. */
  onGroupFull: () => void
  /** Called while records are late. */
  onLate: () => void
  log: Log
  grace?: number
}): Recorder {
  const abandoned = new AbortController()
  const persistence = { log, signal: abandoned.signal }
  const beginRun = createBeginnings({ query, workerId, sharing, notifier, onHeld, onGroupFull, persistence })
  const recordEnding = createEndings({ query, notifier, journals, onHeld, persistence })
  const performer = createPerformer(journals, redaction, grace)
  /** Runs by their jobs. */
  const held = new Map<string, string>()
  let inHand = 0
  const ended = new Map<string, Ending>()
  /** Ends that are to be recorded yet, by their jobs, which are over. */
  const owed = new Map<string, Promise<void>>()

  async function run(
    identifier: string,
    task: RunTask,
    payload: unknown,
    helpers: JobHelpers,
  ): Promise<void> {
    const ticket = readTicket(helpers.job)
    if (!ticket) throw new Error('This job belongs to no run. Only Almanac may add jobs with such a name.')
    held.set(ticket.jobId, ticket.runId)
    inHand++
    try {
      await runAttempt(identifier, task, payload, helpers, ticket)
    } finally {
      inHand--
      if (!owed.has(ticket.jobId)) held.delete(ticket.jobId)
    }
  }

  async function runAttempt(
    identifier: string,
    task: RunTask,
    payload: unknown,
    helpers: JobHelpers,
    ticket: RunTicket,
  ): Promise<void> {
    const beginning = beginRun({ ...ticket, isStatement: isStatementTask(identifier) })
    await untilSoon(beginning)
    const begun = await beginning
    if (!begun) {
      log(
        'debug',
        `Run ${ticket.runId} is no longer queued, or is due later; there is nothing to do for its job.`,
      )
      return
    }
    try {
      await finishAttempt(identifier, task, payload, helpers, ticket, begun)
    } finally {
      begun.giveBack()
    }
  }

  async function finishAttempt(
    identifier: string,
    task: RunTask,
    payload: unknown,
    helpers: JobHelpers,
    ticket: RunTicket,
    begun: Begun,
  ): Promise<void> {
    // Graphile Worker's events and messages, and the task, tell which attempt of which task this is, not of the job.
    Object.assign(helpers.job, {
      task_identifier: identifier,
      attempts: begun.run.attempt,
      max_attempts: begun.maxAttempts,
    })
    const journal = journals.open(begun.run)
    const { thrown, ...outcome } =
      begun.taskIdentifier === identifier
        ? await performer.perform(task, payload, helpers, begun, journal)
        : failure(`The job is for ${identifier}, but the run is of the task ${begun.taskIdentifier}.`)
    await journals.close(journal)
    const isRecorded = await record(begun, outcome, journal, ticket.jobId)
    // The job of one whose end is not recorded yet just ends: what comes next is decided then.
    if (outcome.status === 'succeeded' || !isRecorded) return
    onFailedJob(ticket.jobId)
    // Whether there is another attempt decides whether Graphile Worker says that it has failed for good.
    if (outcome.isReturned && begun.maxAttempts > 1) helpers.job.max_attempts++
    if (outcome.isPermanent) helpers.job.max_attempts = helpers.job.attempts
    throw thrown ?? new Error(outcome.error ?? outcome.status)
  }

  /**
   * Records an end; false: it is not recorded yet, and others have its place in the pool. What has succeeded is done with
   * its place at once, as waiting for the record takes as long as a short task; what has not, when its record is late, for
   * whether there is another attempt is told to Graphile Worker. A run whose end is not recorded is running: should this
   * process die now, it is lost as one whose task had not ended.
   */
  async function record(
    { run, workerId, maxAttempts }: Begun,
    outcome: Omit<Outcome, 'thrown'>,
    journal: Journal,
    jobId: string,
  ): Promise<boolean> {
    const isFinal =
      outcome.status === 'succeeded' ||
      (!outcome.isReturned && (outcome.isPermanent || run.attempt >= maxAttempts))
    const ending = {
      runId: run.id,
      scheduledFor: run.scheduledFor,
      scheduleId: run.scheduleId,
      workerId,
      journal,
      endedAt: performance.now(),
      ...outcome,
    }
    if (isFinal) ended.set(run.id, ending)
    const recorded = recordEnding(ending).finally(() => ended.delete(run.id))
    if (outcome.status === 'succeeded' && owed.size < MOST_OWED) {
      void untilSoon(recorded)
      owed.set(jobId, settle(recorded, jobId))
      return false
    }
    while (!(await isSoon(recorded))) {
      onLate()
      if (owed.size < MOST_OWED) {
        owed.set(jobId, settle(recorded, jobId))
        return false
      }
    }
    await recorded
    return true
  }

  /** Tells again and again that a record is late, until it is made. */
  async function untilSoon(work: Promise<unknown>): Promise<void> {
    while (!(await isSoon(work))) onLate()
  }

  async function settle(recorded: Promise<void>, jobId: string): Promise<void> {
    try {
      await recorded
    } catch (error) {
      log('error', `The end of run ${held.get(jobId)} could not be recorded: ${describeError(error)}`)
    }
    owed.delete(jobId)
    held.delete(jobId)
  }

  return {
    run,
    cancel: (requests) => performer.cancel(requests),
    runIds: () => [...held.values()],
    inHand: () => inHand,
    ended: (workerId) =>
      [...ended.values()]
        .filter((ending) => ending.workerId === workerId)
        .map(({ scheduleId, runId, endedAt }) => ({
          scheduleId,
          runId,
          agoMs: Math.round(performance.now() - endedAt),
        })),
    async settled(patience) {
      await endsWithin(patience, Promise.all(owed.values()))
      return owed.size === 0
    },
    hasAny: () => performer.hasAny(),
    interrupt: (reason, patience) => performer.interrupt(reason, patience),
    abandon: () => abandoned.abort(),
  }
}

/** Whether it comes to its end, of whatever kind, before it is late. */
function isSoon(work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LATE, false)
    function end(): void {
      clearTimeout(timer)
      resolve(true)
    }
    work.then(end, end)
  })
}
