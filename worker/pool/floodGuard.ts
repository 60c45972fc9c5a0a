import type { WorkerEvents, WorkerPluginBaseContext, WorkerPool } from 'graphile-worker'
import type { ClientBase } from 'pg'
import { DEAF_FOR, FLOODED, hangUp, streamOf, watchForFlood } from '../../process/flood.ts'
import { logTo } from '../graphileLog.ts'
import { jobCount, nudgeOf } from './nudging.ts'

/** Milliseconds between the looks of a pool that does not listen. */
const LOOK_EVERY = 250
/** Looks after it listens again: what was said before is not heard. */
const LAST_LOOKS = 2

const guarded = new WeakSet<WorkerEvents>()

/**
 * Keeps floods of notifications from Graphile Worker's pools. What is said of jobs is told them once for a moment. A
 * pool that hears more than it could stops listening for a while: it looks for jobs itself, and connects again.
 */
export function guardAgainstFloods({ events, logger }: WorkerPluginBaseContext): void {
  if (guarded.has(events)) return
  guarded.add(events)
  const log = logTo(logger)
  const stops = new WeakMap<ClientBase, () => void>()
  const listening = new WeakSet<WorkerPool>()

  events.on('pool:listen:success', ({ client, workerPool, ctx }) => {
    listening.add(workerPool)
    const stop = watchForFlood(client, () => {
      log('warning', FLOODED)
      listening.delete(workerPool)
      lookMeanwhile(workerPool, ctx.resolvedPreset.worker.concurrentJobs ?? 1)
      streamOf(client)?.pause()
      setTimeout(() => hangUp(client), DEAF_FOR).unref()
    })
    stops.set(client, stop)
  })
  events.on('pool:listen:release', ({ client }) => stops.get(client)?.())
  // The event comes before the pool reads the message, which is the same object.
  events.on('pool:listen:notification', ({ workerPool, message }) => {
    if (message.channel !== 'jobs:insert') return
    nudgeOf(workerPool)(jobCount(message.payload))
    message.payload = '{"count":0}'
  })

  function lookMeanwhile(workerPool: WorkerPool, count: number): void {
    let left = LAST_LOOKS
    const timer = setInterval(() => {
      nudgeOf(workerPool)(count)
      left = listening.has(workerPool) ? left - 1 : LAST_LOOKS
      if (left === 0) clearInterval(timer)
    }, LOOK_EVERY).unref()
    workerPool.abortSignal.addEventListener('abort', () => clearInterval(timer), { once: true })
  }
}
