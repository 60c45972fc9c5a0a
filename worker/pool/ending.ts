import { setTimeout as delay } from 'node:timers/promises'

/** Waits for the end of a pool, which may not end by itself. */
export interface Ending {
  /** Waits for `work`, but no longer than `patience` in which no job runs; says whether it ended. */
  wait(work: () => unknown): Promise<boolean>
  /** Jobs that still run are waited for no more. */
  giveUpJobs(): void
}

/** Graphile Worker's own work after its last job: it returns what it had fetched, and completes what was done. */
const PATIENCE = 3_000
const LOOK = 50

/**
 * Bounds the end of a Graphile Worker pool: the library waits without limit for statements that wait for a lock, and,
 * after a failed completion, for one that it has miscounted (docs/decisions/0013).
 */
export function boundEnding(running: () => number, patience = PATIENCE): Ending {
  let areGivenUp = false

  async function tooLong(signal: AbortSignal): Promise<false> {
    for (let busyAt = performance.now(); performance.now() - busyAt < patience;) {
      await delay(LOOK, undefined, { signal })
      if (running() > 0 && !areGivenUp) busyAt = performance.now()
    }
    return false
  }

  return {
    async wait(work) {
      const over = new AbortController()
      try {
        return await Promise.race([Promise.resolve(work()).then(() => true), tooLong(over.signal)])
      } finally {
        over.abort()
      }
    },
    giveUpJobs() {
      areGivenUp = true
    },
  }
}
