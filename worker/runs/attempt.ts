import { AsyncLocalStorage } from 'node:async_hooks'

/** An attempt of a run, as all code finds it that its task has called or left behind. */
export interface Attempt {
  readonly runId: string
  readonly task: string
  /** Ends it as failed, and its task is asked to stop; false: it has ended before. */
  fail(error: Error): boolean
}

const attempts = new AsyncLocalStorage<Attempt>()

/** Calls `work` as part of the attempt. */
export function within<Result>(attempt: Attempt, work: () => Result): Result {
  return attempts.run(attempt, work)
}

/** The attempt that the code belongs to which runs now. */
export function currentAttempt(): Attempt | undefined {
  return attempts.getStore()
}

/** What a debugger calls in a thread that answers nothing, to learn whose code holds it. */
export const CURRENT_ATTEMPT = 'almanac.currentAttempt'

Object.defineProperty(globalThis, Symbol.for(CURRENT_ATTEMPT), {
  configurable: true,
  value: () => {
    const attempt = currentAttempt()
    return attempt && { runId: attempt.runId, task: attempt.task }
  },
})
