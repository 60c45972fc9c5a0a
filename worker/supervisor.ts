import { setTimeout as delay } from 'node:timers/promises'
import type { Runner } from 'graphile-worker'
import { describeError, type Log } from './log.ts'
import { backoff } from './query.ts'

/** Keeps a runner running. */
export interface Supervisor {
  /** Lets running jobs end, asks those to stop that do not, and hands back what is left. */
  close(): Promise<void>
}

/** A runner, and what it leaves open. */
export interface Running {
  readonly runner: Runner
  /** Closes the runner's connections, once it has ended. */
  readonly end: () => Promise<void>
}

/** A runner that lived so long had nothing wrong with it. */
const SOUND = 60_000
/** Recorded runs end within 10 s of the stop; what still runs then is a host's own job that does not end. */
const LONGEST_STOP = 20_000
/** A job that was left to itself may hold its connection for good. */
const LONGEST_END = 5_000

/**
 * Starts a runner, and a new one whenever it ends by itself: one failed statement ends a Graphile Worker pool, and its
 * promise then resolves as if all were well. The first start must succeed.
 */
export async function superviseRunner({
  start,
  log,
  now = () => performance.now(),
  pause = (ms, signal) => delay(ms, undefined, { signal }),
}: {
  start: () => Promise<Running>
  log: Log
  now?: () => number
  /** Waits, or rejects when it is told to stop. */
  pause?: (ms: number, signal: AbortSignal) => Promise<void>
}): Promise<Supervisor> {
  const closing = new AbortController()
  /** Deaths and failed starts since a runner was last sound. */
  let tries = 0
  let running: Running | null = await start()
  const ended = supervise()

  async function supervise(): Promise<void> {
    while (running !== null) {
      const { runner, end } = running
      const startedAt = now()
      const failure: unknown = await runner.promise.then(
        () => null,
        (error: unknown) => error,
      )
      running = null
      await Promise.race([end(), delay(LONGEST_END, undefined, { ref: false })]).catch((error: unknown) =>
        log('warning', `Its connections did not close: ${describeError(error)}`),
      )
      if (now() - startedAt > SOUND) tries = 0
      if (!closing.signal.aborted) {
        log(
          'error',
          `The worker's pool ended${failure === null ? '' : `: ${describeError(failure)}`}. It is started anew.`,
        )
        running = await startAgain()
      }
    }
  }

  async function startAgain(): Promise<Running | null> {
    for (;;) {
      await pause(backoff(tries++), closing.signal).catch(() => undefined)
      if (closing.signal.aborted) return null
      try {
        const started = await start()
        if (closing.signal.aborted) await started.runner.stop().catch(() => undefined)
        return started
      } catch (error) {
        log('warning', `The worker's pool did not start: ${describeError(error)}`)
      }
    }
  }

  return {
    async close() {
      closing.abort()
      const runner = running?.runner
      const stopping = runner?.stop('The worker is closed').catch(() => undefined)
      const timer = setTimeout(() => {
        log('warning', 'Jobs that did not end are handed back.')
        void runner?.kill().catch(() => undefined)
      }, LONGEST_STOP)
      await Promise.all([stopping, ended]).finally(() => clearTimeout(timer))
    },
  }
}
