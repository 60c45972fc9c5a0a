import { setTimeout as delay } from 'node:timers/promises'
import type { Runner } from 'graphile-worker'
import { endsWithin } from '../../process/endsWithin.ts'
import { describeError, type Log } from '../../process/log.ts'
import { backoff } from '../../process/query.ts'

/** Keeps a runner running. */
export interface Supervisor {
  /** Resolves when starting runners again and again does not help, with the reason. */
  readonly failed: Promise<Error>
  /** Lets running jobs end, asks those to stop that do not, hands back what is left, and leaves in the end whatever does not answer. */
  close(): Promise<void>
}

/** A runner, and what it leaves open. */
export interface Running {
  readonly runner: Runner
  /** Closes the runner's connections, once it has ended. */
  readonly end: () => Promise<void>
  /** Ends it whatever still runs, once it is asked to stop. */
  readonly force: () => void
  /** Whether it is abandoned as it takes no jobs. */
  readonly hasStalled: () => boolean
}

/** A runner that lived so long had nothing wrong with it. */
const SOUND = 60_000
/** One that has stalled after so long has worked before. */
const LONG = 600_000
/** After so many in a row that took no jobs the process is at fault, or what it was given. */
const MOST_STALLS = 3
/** Recorded runs end within 15 s of the stop, also unrecorded; what still runs then is another's job that does not end. */
const LONGEST_STOP = 16_000
/** One that is just starting when it is to end. */
const LONGEST_START = 5_000
/** All of it together: those who stop processes wait for 30 s. */
const LONGEST_CLOSE = 25_000

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
  const failed = Promise.withResolvers<Error>()
  const closed = new Promise<null>((resolve) =>
    closing.signal.addEventListener('abort', () => resolve(null), { once: true }),
  )
  let stalls = 0
  /** Deaths and failed starts since a runner was last sound. */
  let tries = 0
  let running: Running | null = await start()
  const ended = supervise()

  async function supervise(): Promise<void> {
    while (running !== null) {
      const { runner, end, hasStalled } = running
      const startedAt = now()
      const failure: unknown = await runner.promise.then(
        () => null,
        (error: unknown) => error,
      )
      running = null
      await end().catch((error: unknown) =>
        log('warning', `Its connections did not close: ${describeError(error)}`),
      )
      const lived = now() - startedAt
      if (lived > SOUND) tries = 0
      if (hasStalled() ? lived > LONG : lived > SOUND) stalls = 0
      if (hasStalled()) stalls++
      if (stalls === MOST_STALLS) {
        failed.resolve(new Error(`The worker took no jobs with any of ${stalls} pools. See its log.`))
        return
      }
      if (!closing.signal.aborted) {
        log(
          'error',
          `The worker's pool ended${failure === null ? '' : `: ${describeError(failure)}`}. A new one is started.`,
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
        const starting = start()
        const started = await Promise.race([starting, closed])
        if (started === null) await endsWithin(LONGEST_START, starting.then(discard))
        return started
      } catch (error) {
        log('warning', `The worker's pool did not start: ${describeError(error)}`)
      }
    }
  }

  async function discard({ runner, end }: Running): Promise<void> {
    await runner.stop()
    await end()
  }

  return {
    failed: failed.promise,
    async close() {
      closing.abort()
      const last = running
      const stopping = last?.runner.stop('The worker is closed').catch(() => undefined)
      const timer = setTimeout(() => {
        log('warning', 'Unfinished jobs are handed back.')
        last?.force()
      }, LONGEST_STOP)
      const hasEnded = await endsWithin(LONGEST_CLOSE, Promise.all([stopping, ended]))
      clearTimeout(timer)
      if (!hasEnded) log('warning', 'The worker exited before everything in it had ended.')
    },
  }
}
