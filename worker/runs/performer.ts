import type { JobHelpers, Logger } from 'graphile-worker'
import { within, type Attempt } from './attempt.ts'
import type { Begun } from './beginnings.ts'
import type { Ending } from './endings.ts'
import { causesOf, withoutFolders } from '../../process/causes.ts'
import type { Journal } from '../logs/journal.ts'
import type { Journals } from '../logs/journals.ts'
import type { Redaction } from '../logs/redaction.ts'
import { describeError, soundError } from '../../process/log.ts'
import { isPermanent } from './permanent.ts'
import { errorText } from '../../process/storable.ts'
import { resultJson } from './result.ts'
import type { RunHelpers, RunTask } from '../run.ts'

export interface Outcome extends Pick<
  Ending,
  'status' | 'error' | 'result' | 'causes' | 'isReturned' | 'isPermanent'
> {
  /** What Graphile Worker is told of an attempt that did not succeed. */
  readonly thrown?: Error
}

/** Calls the tasks of runs, and has them stop. */
export interface Performer {
  /** Calls the task; settles with what comes first: its end, or its time being up and its grace too. */
  perform(
    task: RunTask,
    payload: unknown,
    helpers: JobHelpers,
    begun: Begun,
    journal: Journal,
  ): Promise<Outcome>
  /** Asks the tasks of these runs to stop, if they run here. */
  cancel(requests: readonly { runId: string; reason: string }[]): void
  /** Whether any run is running here. */
  hasAny(): boolean
  /** Asks the tasks of all runs to stop; those that have not after `patience` ms are abandoned. */
  interrupt(reason: string, patience: number): void
}

/** A timer cannot be longer; an attempt of 24 days is not cut short by it, for its job's lock ends after 4 hours. */
const LONGEST_TIMER = 2 ** 31 - 1

/** Time that a task has to react to its abort signal before its attempt is recorded without it. */
const ABORT_GRACE = 5_000

/** Makes the performer of one pool. `redaction` takes the secrets of the worker out of results and errors; null: it has none. */
export function createPerformer(
  journals: Pick<Journals, 'logger' | 'report'>,
  redaction: Redaction | null,
  grace = ABORT_GRACE,
): Performer {
  const redact = (text: string) => redaction?.text(text) ?? text
  const going = new Map<string, (outcome: Outcome, grace: number) => void>()

  async function perform(
    task: RunTask,
    payload: unknown,
    helpers: JobHelpers,
    begun: Begun,
    journal: Journal,
  ): Promise<Outcome> {
    const { run, taskIdentifier, timeout } = begun
    const controller = new AbortController()
    let giveUp: (outcome: Outcome) => void = () => undefined
    const givenUp = new Promise<Outcome>((resolve) => (giveUp = resolve))
    let cut: Outcome | null = null
    let patienceTimer: NodeJS.Timeout | undefined
    let abandonedAt = Infinity

    function end(outcome: Outcome, patience: number): void {
      const first = (cut ??= outcome)
      // Asked again, as by each heartbeat, it has no more time than it had.
      if (performance.now() + patience >= abandonedAt) return
      abandonedAt = performance.now() + patience
      const { error } = first
      const left = `${error ?? ''} The task did not react for ${patience / 1000} s and was abandoned.`
      clearTimeout(patienceTimer)
      patienceTimer = setTimeout(() => giveUp({ ...first, error: left, result: null }), patience)
      controller.abort(new Error(error ?? undefined))
    }

    const attempt: Attempt = {
      runId: run.id,
      task: taskIdentifier,
      fail(error) {
        if (going.get(run.id) !== end) return false
        end(failure(redact(withoutFolders(error.message)), redacted(error, redact)), grace)
        return true
      },
    }

    async function finishCall(): Promise<Outcome> {
      const outcome = await within(attempt, () =>
        call(task, payload, runHelpers(helpers, journal, controller.signal), redaction),
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

  function runHelpers(helpers: JobHelpers, journal: Journal, abortSignal: AbortSignal): RunHelpers {
    let abortPromise: Promise<void> | undefined
    let logger: Logger | undefined
    return {
      ...helpers,
      run: journal.run,
      abortSignal,
      get abortPromise() {
        return (abortPromise ??= rejectOnAbort(abortSignal))
      },
      get logger() {
        return (logger ??= journals.logger(journal, helpers.logger))
      },
      progress: (fraction, note) => journals.report(journal, fraction, note),
    }
  }

  return {
    perform,
    cancel(requests) {
      for (const { runId, reason } of requests)
        going.get(runId)?.(
          { status: 'cancelled', error: errorText(cancelledBecause(reason)), result: null },
          grace,
        )
    },
    hasAny: () => going.size > 0,
    interrupt(reason, patience) {
      for (const end of [...going.values()]) end({ ...failure(reason), isReturned: true }, patience)
    },
  }
}

/** A reason in words, which says "cancelled by" whom where a person cancelled it. */
function cancelledBecause(reason: string): string {
  return `${reason.startsWith('cancelled by ') ? `C${reason.slice(1)}` : `Cancelled: ${reason}`}.`
}

async function call(
  task: RunTask,
  payload: unknown,
  helpers: RunHelpers,
  redaction: Redaction | null,
): Promise<Outcome> {
  const redact = (text: string) => redaction?.text(text) ?? text
  try {
    const result = await task(payload, helpers)
    return { status: 'succeeded', error: null, result: resultJson(result, redaction) }
  } catch (error) {
    const said = errorText(redact(withoutFolders(describeError(error))))
    return {
      ...failure(said, redacted(soundError(error, said), redact)),
      causes: causesOf(error, process.cwd(), redact),
      isPermanent: isPermanent(error),
    }
  }
}

/** The error itself, unless the worker's log would have a secret by it. */
function redacted(error: Error, redact: (text: string) => string): Error {
  const stack = error.stack ?? ''
  if (redact(error.message) === error.message && redact(stack) === stack) return error
  return Object.assign(new Error(redact(error.message)), { name: error.name, stack: redact(stack) })
}

/** An attempt that failed with this error. */
export function failure(error: string, thrown?: Error): Outcome {
  return { status: 'failed', error: errorText(error), result: null, ...(thrown && { thrown }) }
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
