import type { WorkerPool } from 'graphile-worker'

/** Milliseconds between looks for jobs that a pool is told of. */
const PAUSE = 20
/** Graphile Worker's own notifications are shorter. */
const LONGEST = 100

type Nudge = (count: number) => void

const nudges = new WeakMap<WorkerPool, Nudge>()

/**
 * Has a pool look for so many new jobs: at once, and after that once for all that it is told of within a moment. Each
 * look is a query, and anyone may say that there are jobs.
 */
export function nudgeOf(pool: WorkerPool): Nudge {
  let nudge = nudges.get(pool)
  if (!nudge) nudges.set(pool, (nudge = joined((count) => nudgeWhileItRuns(pool, count))))
  return nudge
}

/** Graphile Worker throws where a pool that shuts down is nudged; such a pool takes no more jobs. */
function nudgeWhileItRuns(pool: WorkerPool, count: number): void {
  try {
    pool.nudge(count)
  } catch {
    // Whatever fired meanwhile is another pool's.
  }
}

/** Calls `nudge` at most once per `pause`, with all counts that came meanwhile; the first at once. */
export function joined(nudge: Nudge, pause = PAUSE): Nudge {
  let waiting = 0
  let timer: NodeJS.Timeout | null = null

  function send(): void {
    const count = waiting
    waiting = 0
    timer = count > 0 ? setTimeout(send, pause).unref() : null
    if (count > 0) nudge(count)
  }

  return (count) => {
    waiting += count
    if (timer === null) send()
  }
}

/** How many jobs a notification tells of: Graphile Worker sends {"r": …, "count": …}; anyone can send anything. */
export function jobCount(payload: string | undefined): number {
  const count = Number(/"count":\s*(-?\d{1,6})/.exec((payload ?? '').slice(0, LONGEST))?.[1] ?? 1)
  return Math.max(0, count)
}
