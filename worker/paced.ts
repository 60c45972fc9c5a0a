import { setTimeout as delay } from 'node:timers/promises'

/**
 * Work that anybody may ask for by a NOTIFY, done at a bounded rate: one at a time with a pause between, once for all
 * calls that come meanwhile. A call resolves when work that began after it has ended.
 */
export function paced(work: () => Promise<void>, pause: number): () => Promise<void> {
  let idle: Promise<unknown> = Promise.resolve()
  let next: Promise<void> | null = null

  function begin(): Promise<void> {
    next = null
    const working = work()
    idle = working.catch(() => undefined).then(() => delay(pause, undefined, { ref: false }))
    return working
  }

  return () => (next ??= idle.then(begin))
}
