import type { RunHelpers } from '../run.ts'

/** A task that begins and ends when the test says so. */
export interface Gate {
  readonly task: (payload: unknown, helpers: RunHelpers) => Promise<unknown>
  /** Resolves with the payload when the task has been called. */
  entered(): Promise<unknown>
  /** Lets the oldest call end, with this result or error. */
  open(result?: unknown): void
}

/** Makes a gate. */
export function createGate(): Gate {
  const calls: unknown[] = []
  const waiting: ((payload: unknown) => void)[] = []
  const doors: ((result: unknown) => void)[] = []
  return {
    task(payload) {
      const enter = waiting.shift()
      if (enter) enter(payload)
      else calls.push(payload)
      return new Promise((resolve, reject) =>
        doors.push((result) => (result instanceof Error ? reject(result) : resolve(result))),
      )
    },
    entered() {
      return calls.length > 0
        ? Promise.resolve(calls.shift())
        : new Promise((resolve) => waiting.push(resolve))
    },
    open(result) {
      doors.shift()?.(result)
    },
  }
}
