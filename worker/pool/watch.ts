import { setTimeout as delay } from 'node:timers/promises'
import { describeError, type Log } from '../../process/log.ts'
import type { PoolActivity } from './poolActivity.ts'

/** Sees to it that a pool takes jobs. */
export interface Watch {
  stop(): void
}

/** What a pool is compared with. */
export interface Jobs {
  /** The numbers that its tasks have in Graphile Worker. */
  readonly taskNumbers: string | null
  /** The task of a job that has been due for long and is free. */
  readonly untaken: string | null
}

/** A pool takes nothing, though it has room. */
export interface Stall {
  /** Milliseconds since it last took or looked. */
  readonly lasted: number
  readonly reason: string
}

export interface WatchOptions {
  readonly activity: PoolActivity
  readonly concurrency: number
  /** Milliseconds between the pool's own looks for jobs. */
  readonly pollInterval: number
  /** Milliseconds between looks at the pool. */
  readonly interval: number
  /** Milliseconds after which a pool that takes nothing, though the database answers, is abandoned. */
  readonly stalledAfter: number
  /** Whether its tasks hold all of its connections, so that it cannot look: no reason to give it up. */
  readonly isCrowded?: (() => boolean) | undefined
  /** Asks the database; `dueFor`: also for a job that has been due for so many milliseconds. */
  readonly lookAtJobs: (dueFor: number | null) => Promise<Jobs>
  /** Has Graphile Worker ask again for the numbers of its tasks. */
  readonly renewTasks: () => void
  /** Notes whether the pool stalls where people see it; tried again until it succeeds. */
  readonly note: (stall: Stall | null) => Promise<void>
  readonly giveUp: (stall: Stall) => void
  readonly log: Log
  readonly now?: () => number
}

/** A look that takes longer has failed. */
const LONGEST_LOOK = 5_000
/** While nothing is wrong, one look in so many asks for untaken jobs: that costs as much as a poll. */
const LOOKS_PER_SEARCH = 3

/**
 * Graphile Worker keeps some failures for good and says of itself that all is well (docs/decisions/0013), so a pool is
 * judged from outside: with room for a job it must look for one, and none of its tasks' jobs may stay due and free.
 *
 *   takes jobs ──neither, for a third of stalledAfter──► stalled: noted, its tasks renewed ──stalledAfter──► abandoned
 *       ▲                                                   │                    unless the database does not answer
 *       └───────────────────looks, takes────────────────────┘
 */
export function watchPool(options: WatchOptions): Watch {
  const { activity, concurrency, pollInterval, interval, lookAtJobs, renewTasks, note, giveUp, log } = options
  const now = options.now ?? (() => performance.now())
  const stalledAfter = Math.max(options.stalledAfter, 6 * pollInterval)
  const patience = stalledAfter / 3
  /** When this process last resumed after it had been held up, as its pool had been. */
  let releasedAt = now()
  let tickedAt = releasedAt
  let crowdedAt = -Infinity
  /** Since when the database has answered every look. */
  let answeringSince: number | null = releasedAt
  let untaken: { since: number; task: string } | null = null
  let taskNumbers: string | null | undefined
  let isStalled = false
  let isNoted = true
  let looks = 0
  let looking = false
  const timer = setInterval(tick, interval)

  function tick(): void {
    const at = now()
    if (at - tickedAt > interval + patience) releasedAt = at
    tickedAt = at
    if (looking) return
    looking = true
    void look(at).finally(() => (looking = false))
  }

  async function look(at: number): Promise<void> {
    if (activity.running > 0 && options.isCrowded?.()) crowdedAt = at
    const failure = await compare(at).then(
      () => null,
      (error: unknown) => describeError(error).split('\n')[0] ?? '',
    )
    answeringSince = failure === null ? (answeringSince ?? at) : null
    const stall = judge(at, failure)
    if (stall && answeringSince !== null) renewTasks()
    await tell(stall)
    if (
      stall &&
      answeringSince !== null &&
      Math.min(stall.lasted, at - answeringSince, at - crowdedAt) > stalledAfter
    )
      giveUp(stall)
  }

  async function compare(at: number): Promise<void> {
    const isSuspect = isStalled || untaken !== null || quietFor(at) > patience
    const searches = activity.running < concurrency && (isSuspect || looks++ % LOOKS_PER_SEARCH === 0)
    const found = await withinLimit(lookAtJobs(searches ? patience : null))
    if (taskNumbers !== found.taskNumbers) {
      // Graphile Worker asks for them once, and whoever cleans its tables up gives its tasks new ones.
      if (taskNumbers !== undefined) renewTasks()
      taskNumbers = found.taskNumbers
    }
    if (searches && found.untaken === null) untaken = null
    else if (found.untaken !== null) untaken ??= { since: at, task: found.untaken }
  }

  /** How long the pool has not looked, though it had room for a job. */
  function quietFor(at: number): number {
    return at - Math.max(activity.lookedAt, releasedAt)
  }

  function judge(at: number, failure: string | null): Stall | null {
    if (untaken && activity.tookAt >= untaken.since) untaken = null
    if (activity.running >= concurrency) return null
    const quiet = quietFor(at)
    if (quiet > patience)
      return {
        lasted: quiet,
        reason:
          failure ??
          (at === crowdedAt
            ? 'Its tasks hold all of its connections (helpers.withPgClient).'
            : 'Its queries for jobs fail (see its log) or do not return.'),
      }
    // Seen twice: the first time it may just have got room.
    if (untaken && untaken.since < at)
      return {
        lasted: at - untaken.since + patience,
        reason: `It finds no jobs, although one of the task ${untaken.task} is due.`,
      }
    return null
  }

  async function tell(stall: Stall | null): Promise<void> {
    if (isStalled !== (stall !== null)) {
      isStalled = !isStalled
      isNoted = false
      if (stall)
        log('error', `The worker has taken no jobs for ${Math.round(stall.lasted / 1000)} s: ${stall.reason}`)
      else log('info', 'The worker is taking jobs again.')
    }
    if (isNoted && stall === null) return
    isNoted = await note(stall).then(
      () => true,
      () => false,
    )
  }

  return { stop: () => clearInterval(timer) }
}

async function withinLimit(jobs: Promise<Jobs>): Promise<Jobs> {
  const over = new AbortController()
  try {
    return await Promise.race([
      jobs,
      delay(LONGEST_LOOK, undefined, { signal: over.signal }).then(() => {
        throw new Error('The database is not responding.')
      }),
    ])
  } finally {
    over.abort()
  }
}
