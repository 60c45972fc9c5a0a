import { setTimeout as delay } from 'node:timers/promises'

/** Waits for the end of `work`, good or bad, but no longer than `ms`; says whether it came. */
export async function endsWithin(ms: number, work: PromiseLike<unknown>): Promise<boolean> {
  const over = new AbortController()
  const ended = () => true
  try {
    return await Promise.race([work.then(ended, ended), delay(ms, false, { signal: over.signal })])
  } finally {
    over.abort()
  }
}
