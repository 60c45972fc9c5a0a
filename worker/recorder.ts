import { setTimeout as delay } from 'node:timers/promises'
import type { JobHelpers } from 'graphile-worker'
import type { Notifier } from './notifier.ts'
import { within, type Attempt } from './attempt.ts'
import { createBatch } from './batch.ts'
import { describeError, soundError, type Log } from '../process/log.ts'
import { endsWithin } from '../process/endsWithin.ts'
import { isPermanent } from './permanent.ts'
import { backoff, persist, type Query } from '../process/query.ts'
import { errorText } from '../process/storable.ts'
import { refusedResult, resultJson } from './result.ts'
import { readTicket, type Run, type RunHelpers, type RunTask, type RunTicket } from './run.ts'
import { KEPT_IN_HAND, type Lack, type Sharing } from './sharing.ts'

/** Keeps the ledger: each attempt's beginning before its task is called, its end before its job is completed. */
export interface Recorder {
  /** Does the job of a run of this task. Rejects when the attempt fails, once that is recorded. */
  run(identifier: string, task: RunTask, payload: unknown, helpers: JobHelpers): Promise<void>
  /** Asks the tasks of these runs to stop, if they run here, and records them as cancelled. */
  cancel(requests: readonly { runId: string; reason: string }[]): void
  /** Whether any of these runs is running here. */
  hasAny(runIds: readonly string[]): boolean
  /** The runs that it has in hand, from before their beginning is recorded until their end is. */
  runIds(): string[]
  /** How many of them have a place in the pool. */
  inHand(): number
  /** Waits for ends that are to be recorded yet, at most so many milliseconds; false: some are not. */
  settled(patience: number): Promise<boolean>
  /** Those of them that this worker began, that have ended for good, and whose end is not recorded yet. */
  ended(workerId: string): EndedRun[]
  /** Asks the tasks of all runs to stop; those that have not after `patience` ms are abandoned. */
  interrupt(reason: string, patience: number): void
  /** Stops waiting for a database that does not answer. */
  abandon(): void
}

/** A run by its schedule, and how many milliseconds ago it ended. */
export interface EndedRun extends ScheduledRun {
  readonly agoMs: number
}

interface ScheduledRun {
  readonly scheduleId: string
  readonly runId: string
}

interface Begun {
  readonly run: Run
  readonly workerId: string
  readonly taskIdentifier: string
  readonly maxAttempts: number
  readonly timeout: number | null
  /** Gives back its slot, and what else it has. */
  readonly giveBack: () => void
}

/** There is no room for it yet: it is still queued. */
interface Refused {
  readonly role: string
  readonly lacks: Lack
}

/** A run that is to begin. */
interface Beginning extends RunTicket {
  readonly isStatement: boolean
}

interface Ending {
  readonly runId: string
  readonly scheduledFor: string
  readonly workerId: string
  readonly status: 'succeeded' | 'failed' | 'timed_out' | 'cancelled'
  readonly error: string | null
  readonly result: string | null
  /** By the clock of performance.now(). */
  readonly endedAt: number
  /** The attempt ended with its worker, not by itself: it is tried again at once, and uses up none of the task's. */
  readonly isReturned?: true
  /** Another attempt would fail the same way: there is none. */
  readonly isPermanent?: boolean
}

interface Outcome extends Pick<Ending, 'status' | 'error' | 'result' | 'isReturned' | 'isPermanent'> {
  /** What Graphile Worker is told of an attempt that did not succeed. */
  readonly thrown?: Error
}

/** A timer cannot be longer; an attempt of 24 days is not cut short by it, for its job's lock ends after 4 hours. */
const LONGEST_TIMER = 2 ** 31 - 1

/** Time that a task has to react to its abort signal before its attempt is recorded without it. */
const ABORT_GRACE = 5_000

/** The answer for an attempt whose run someone holds locked, as by a cancelling that is not committed. */
const HELD = Symbol('held')
/** Milliseconds between tries to record its end, at most. */
const LONGEST_HELD = 1_000
/**
 * Milliseconds after which the record of a beginning or an end is late: until then it counts as one of the moment. The end
 * of a run that is late gives its place in the pool to others.
 */
const LATE = 500
/** Ends that are late, at most: further ones keep their places. Each may have a result. */
const MOST_LATE = 1_000

/** Makes the recorder of one pool. `workerId` answers once the pool is registered. */
export function createRecorder({
  query,
  workerId,
  sharing,
  notifier,
  onFailedJob,
  onHeld,
  onLate,
  log,
  grace = ABORT_GRACE,
}: {
  query: Query
  workerId: () => Promise<string>
  sharing: Sharing
  notifier: Notifier
  /** Called with the id of a job that Graphile Worker keeps, as its one attempt is used up. */
  onFailedJob: (jobId: string) => void
  /** Called again and again while someone holds a run that is to be recorded. */
  onHeld: () => void
  /** Called while records are late. */
  onLate: () => void
  log: Log
  grace?: number
}): Recorder {
  const abandoned = new AbortController()
  const persistence = { log, signal: abandoned.signal }
  const going = new Map<string, (outcome: Outcome, grace: number) => void>()
  /** Runs by their jobs. */
  const held = new Map<string, string>()
  let inHand = 0
  const ended = new Map<string, Ending & ScheduledRun>()
  /** Ends that are late to be recorded, by their jobs, which are over. */
  const late = new Map<string, Promise<void>>()

  const beginnings = createBatch<Beginning, Begun | Refused | null>({
    async send(tickets) {
      const worker = await workerId()
      const rows = await persist(
        'Recording the start of runs',
        () => {
          const statements = tickets.filter(({ isStatement }) => isStatement)
          return begin(query, worker, tickets, sharing.room(tickets.length, statements.length))
        },
        persistence,
      )
      const begun = new Map(rows.map((row) => [row.run_id, row]))
      notifier.changed(
        rows.filter(({ is_held, lacks }) => !is_held && lacks === null).map((row) => row.schedule_id),
      )
      if (rows.some((row) => row.is_held)) onHeld()
      return tickets.map((ticket) => {
        const row = begun.get(ticket.runId)
        // Of two jobs for one run, one has it.
        if (row?.job_id !== ticket.jobId || row.is_held) return null
        if (row.lacks === null) return toBegun(ticket, row, worker, sharing)
        sharing.refuse(row.run_as, row.lacks, row.is_postponed)
        return row.is_postponed ? null : { role: row.run_as, lacks: row.lacks }
      })
    },
  })

  /** Begins a run, once there is room for it; null: it is not to begin here and now. */
  async function beginRun(beginning: Beginning): Promise<Begun | null> {
    const deadline = performance.now() + KEPT_IN_HAND
    for (;;) {
      const answer = await beginnings.add(beginning)
      if (!answer || !('lacks' in answer)) return answer
      await sharing.turn(answer.role, answer.lacks, deadline)
    }
  }

  const endings = createBatch<Ending & ScheduledRun, void | typeof HELD>({
    async send(all) {
      const held = new Set<string>()
      for (const worker of new Set(all.map((ending) => ending.workerId))) {
        const own = all.filter((ending) => ending.workerId === worker)
        const rows = await persist('Recording the end of runs', () => finish(query, worker, own), persistence)
        for (const runId of rows[0]?.held ?? []) held.add(runId)
      }
      notifier.changed(all.filter(({ runId }) => !held.has(runId)).map(({ scheduleId }) => scheduleId))
      return all.map(({ runId }) => (held.has(runId) ? HELD : undefined))
    },
  })

  /** Records an end, again and again while someone holds the run; others of its batch do not wait for it. */
  async function finishRun(ending: Ending & ScheduledRun): Promise<void> {
    for (let tries = 0; (await endings.add(ending)) === HELD; tries++) {
      onHeld()
      await delay(backoff(tries, LONGEST_HELD), undefined, { signal: abandoned.signal })
    }
  }

  async function run(
    identifier: string,
    task: RunTask,
    payload: unknown,
    helpers: JobHelpers,
  ): Promise<void> {
    const ticket = readTicket(helpers.job)
    if (!ticket) throw new Error('This job belongs to no run. Only Almanac adds jobs with such a name.')
    held.set(ticket.jobId, ticket.runId)
    inHand++
    try {
      await runAttempt(identifier, task, payload, helpers, ticket)
    } finally {
      inHand--
      if (!late.has(ticket.jobId)) held.delete(ticket.jobId)
    }
  }

  async function runAttempt(
    identifier: string,
    task: RunTask,
    payload: unknown,
    helpers: JobHelpers,
    ticket: RunTicket,
  ): Promise<void> {
    const beginning = beginRun({ ...ticket, isStatement: identifier === 'almanac:sql' })
    while (!(await isSoon(beginning))) onLate()
    const begun = await beginning
    if (!begun) {
      log('debug', `Run ${ticket.runId} is no longer queued, or is for later; its job has nothing to do.`)
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
    const { thrown, ...outcome } =
      begun.taskIdentifier === identifier
        ? await perform(task, payload, helpers, begun)
        : failure(`The job asked for ${identifier}, but the run is one of ${begun.taskIdentifier}.`)
    const isRecorded = await record(begun, outcome, ticket.jobId)
    // The job of one whose end is late just ends: what comes next is decided when that is recorded.
    if (outcome.status === 'succeeded' || !isRecorded) return
    onFailedJob(ticket.jobId)
    // Whether there is another attempt decides whether Graphile Worker says that it has failed for good.
    if (outcome.isReturned && begun.maxAttempts > 1) helpers.job.max_attempts++
    if (outcome.isPermanent) helpers.job.max_attempts = helpers.job.attempts
    throw thrown ?? new Error(outcome.error ?? outcome.status)
  }

  /** Records an end; false: it is late, and continues while others have its place in the pool. */
  async function record(
    { run, workerId, maxAttempts }: Begun,
    outcome: Omit<Outcome, 'thrown'>,
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
      endedAt: performance.now(),
      ...outcome,
    }
    if (isFinal) ended.set(run.id, ending)
    const recorded = recordEnding(ending).finally(() => ended.delete(run.id))
    while (!(await isSoon(recorded))) {
      onLate()
      if (late.size < MOST_LATE) {
        late.set(jobId, settle(recorded, jobId))
        return false
      }
    }
    await recorded
    return true
  }

  async function settle(recorded: Promise<void>, jobId: string): Promise<void> {
    try {
      await recorded
    } catch (error) {
      log('error', `The end of run ${held.get(jobId)} could not be recorded: ${describeError(error)}`)
    }
    late.delete(jobId)
    held.delete(jobId)
  }

  async function recordEnding(ending: Ending & ScheduledRun): Promise<void> {
    try {
      await finishRun(ending)
    } catch (error) {
      if (ending.result !== null) {
        // A task that has done its work is not tried again for what it returned.
        return await finishRun({ ...ending, result: refusedResult(ending.result, error) })
      }
      if (ending.status !== 'failed') throw error
      await finishRun({
        ...ending,
        result: null,
        error: `Its outcome could not be recorded: ${errorText(describeError(error))}`,
      })
    }
  }

  /** Calls the task; settles with what comes first: its end, or its time being up and its grace too. */
  async function perform(
    task: RunTask,
    payload: unknown,
    helpers: JobHelpers,
    begun: Begun,
  ): Promise<Outcome> {
    const { run, taskIdentifier, timeout } = begun
    const controller = new AbortController()
    let giveUp: (outcome: Outcome) => void = () => undefined
    const givenUp = new Promise<Outcome>((resolve) => (giveUp = resolve))
    let cut: Outcome | null = null
    let patienceTimer: NodeJS.Timeout | undefined

    function end(outcome: Outcome, patience: number): void {
      const first = (cut ??= outcome)
      const { error } = first
      const left = `${error ?? ''} The task took no notice for ${patience / 1000} s and was abandoned.`
      clearTimeout(patienceTimer)
      patienceTimer = setTimeout(() => giveUp({ ...first, error: left, result: null }), patience)
      controller.abort(new Error(error ?? undefined))
    }

    const attempt: Attempt = {
      runId: run.id,
      task: taskIdentifier,
      fail(error) {
        if (going.get(run.id) !== end) return false
        end(failure(error.message, error), grace)
        return true
      },
    }

    async function finishCall(): Promise<Outcome> {
      const outcome = await within(attempt, () =>
        call(task, payload, runHelpers(helpers, run, controller.signal)),
      )
      if (cut === null) return outcome
      // One that is to be cancelled, or handed back, may still succeed in time.
      const stands = cut.status === 'timed_out' || (cut.status === 'failed' && !cut.isReturned)
      return !stands && outcome.status === 'succeeded' ? outcome : cut
    }

    const timer =
      timeout === null
        ? undefined
        : setTimeout(
            () =>
              end(
                { status: 'timed_out', error: `Timed out after ${timeout / 1000} s.`, result: null },
                grace,
              ),
            Math.min(timeout, LONGEST_TIMER),
          )
    going.set(run.id, end)
    try {
      return await Promise.race([finishCall(), givenUp])
    } finally {
      clearTimeout(timer)
      clearTimeout(patienceTimer)
      going.delete(run.id)
    }
  }

  return {
    run,
    cancel(requests) {
      for (const { runId, reason } of requests)
        going.get(runId)?.(
          { status: 'cancelled', error: errorText(`Cancelled: ${reason}.`), result: null },
          grace,
        )
    },
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
      await endsWithin(patience, Promise.all(late.values()))
      return late.size === 0
    },
    hasAny: (runIds) => runIds.some((runId) => going.has(runId)),
    interrupt(reason, patience) {
      for (const end of [...going.values()]) end({ ...failure(reason), isReturned: true }, patience)
    },
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

async function call(task: RunTask, payload: unknown, helpers: RunHelpers): Promise<Outcome> {
  try {
    const result = await task(payload, helpers)
    return { status: 'succeeded', error: null, result: resultJson(result) }
  } catch (error) {
    const said = errorText(describeError(error))
    return { ...failure(said, soundError(error, said)), isPermanent: isPermanent(error) }
  }
}

function failure(error: string, thrown?: Error): Outcome {
  return { status: 'failed', error: errorText(error), result: null, ...(thrown && { thrown }) }
}

function runHelpers(helpers: JobHelpers, run: Run, abortSignal: AbortSignal): RunHelpers {
  let abortPromise: Promise<void> | undefined
  return {
    ...helpers,
    run,
    abortSignal,
    get abortPromise() {
      return (abortPromise ??= rejectOnAbort(abortSignal))
    },
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<void> {
  const promise = new Promise<void>((_resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
  promise.catch(() => undefined)
  return promise
}

interface BegunRow {
  readonly run_id: string
  readonly job_id: string | null
  readonly schedule_id: string
  readonly attempt: number
  readonly max_attempts: number
  readonly task_identifier: string
  readonly timeout_ms: number | null
  readonly run_as: string
  /** Someone holds it locked: it has a new job for later. */
  readonly is_held: boolean
  /** What there is no room for it in; null: it has begun. */
  readonly lacks: Lack | null
  readonly is_postponed: boolean
}

function begin(
  query: Query,
  workerId: string,
  tickets: readonly RunTicket[],
  room: object | null,
): Promise<BegunRow[]> {
  return query<BegunRow>('select * from almanac_private.begin_runs($1, $2, $3, $4, room => $5)', [
    workerId,
    tickets.map((ticket) => ticket.runId),
    tickets.map((ticket) => ticket.scheduledFor),
    tickets.map((ticket) => ticket.jobId),
    room && JSON.stringify(room),
  ])
}

function toBegun(ticket: RunTicket, row: BegunRow, workerId: string, sharing: Sharing): Begun {
  return {
    run: {
      id: ticket.runId,
      scheduleId: row.schedule_id,
      scheduledFor: ticket.scheduledFor,
      attempt: row.attempt,
      runAs: row.run_as,
    },
    workerId,
    taskIdentifier: row.task_identifier,
    maxAttempts: row.max_attempts,
    timeout: row.timeout_ms,
    giveBack: sharing.take(row.run_as, row.task_identifier === 'almanac:sql'),
  }
}

function finish(query: Query, workerId: string, endings: readonly Ending[]): Promise<{ held: string[] }[]> {
  const results = endings.map(({ result, ...ending }) => {
    const { runId, scheduledFor, status, error, endedAt, isReturned, isPermanent } = ending
    const agoMs = Math.round(performance.now() - endedAt)
    const fields = JSON.stringify({
      runId,
      scheduledFor,
      status,
      error: error ?? undefined,
      isReturned,
      isPermanent: isPermanent || undefined,
      // The clocks of the machines differ.
      agoMs: agoMs < LATE ? undefined : agoMs,
    })
    return result === null ? fields : `${fields.slice(0, -1)},"result":${result}}`
  })
  return query('select almanac_private.finish_runs($1, $2) as held', [workerId, `[${results.join(',')}]`])
}
