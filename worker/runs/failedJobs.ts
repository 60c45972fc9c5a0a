import { describeError, type Log } from '../../process/log.ts'
import type { Query } from '../../process/query.ts'

/**
 * Removes the jobs of failed attempts. Each attempt is a job with one attempt of its own: when it fails, so that
 * whoever listens to Graphile Worker hears of it, the job's row would stay for good.
 */
export interface FailedJobs {
  /** The job fails in a moment. */
  add(jobId: string): void
  /** Removes what has failed by now. */
  flush(): Promise<void>
}

/** Graphile Worker writes that a job has failed a moment after its task has. */
const PAUSE = 250
/** A job that is still locked after so many looks belongs to a pool that has ended: reconcile() removes it. */
const MOST_LOOKS = 100

/** Makes the remover of one pool's failed jobs. */
export function createFailedJobs({ query, log }: { query: Query; log: Log }): FailedJobs {
  const looks = new Map<string, number>()
  let timer: NodeJS.Timeout | null = null

  async function flush(): Promise<void> {
    if (timer !== null) clearTimeout(timer)
    timer = null
    const ids = [...looks.keys()]
    if (ids.length === 0) return
    try {
      const removed = await query<{ id: string }>('select id from graphile_worker.complete_jobs($1)', [ids])
      for (const { id } of removed) looks.delete(id)
    } catch (error) {
      log('debug', `The jobs of failed attempts could not be removed: ${describeError(error)}`)
    }
    for (const id of ids) {
      const count = looks.get(id)
      if (count === undefined) continue
      if (count < MOST_LOOKS) looks.set(id, count + 1)
      else looks.delete(id)
    }
    if (looks.size > 0) wait()
  }

  function wait(): void {
    timer ??= setTimeout(() => void flush(), PAUSE).unref()
  }

  return {
    add(jobId) {
      looks.set(jobId, 0)
      wait()
    },
    flush,
  }
}
