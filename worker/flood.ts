import type { ClientBase } from 'pg'
import type { Stream } from 'node:stream'
import type { WorkerPluginBaseContext, WorkerEvents } from 'graphile-worker'
import { logTo } from './log.ts'

/** More in such a time than Almanac and its hosts have to say: somebody else sends it, as any role can. */
const MOST = 2_000
const WITHIN = 500
/** Milliseconds for which whoever was flooded does not listen. */
export const DEAF_FOR = 1_000
export const FLOODED = `Somebody sends more notifications than ${(MOST / WITHIN) * 1_000} a second: they are not listened to for a while.`

/** Calls `flooded` once, when a connection hears so much that to listen would leave no time for anything else; returns how to stop. */
export function watchForFlood(client: ClientBase, flooded: () => void): () => void {
  let count = 0
  let since = performance.now()
  function hear(): void {
    if (++count < MOST) return
    const now = performance.now()
    if (now - since < WITHIN) {
      stop()
      flooded()
    }
    count = 0
    since = now
  }
  function stop(): void {
    client.off('notification', hear)
  }
  client.on('notification', hear)
  return stop
}

/** Ends a connection at once: what it has not heard yet, PostgreSQL forgets. */
export function hangUp(client: ClientBase): void {
  streamOf(client)?.destroy(new Error(FLOODED))
}

function streamOf(client: ClientBase): (Stream & { pause(): void; destroy(error: Error): void }) | undefined {
  return (client as unknown as { connection?: { stream: ReturnType<typeof streamOf> } }).connection?.stream
}

const guarded = new WeakSet<WorkerEvents>()

/** Has Graphile Worker's pools not listen for a while when they are flooded: they poll, and connect again. */
export function guardAgainstFloods({ events, logger }: WorkerPluginBaseContext): void {
  if (guarded.has(events)) return
  guarded.add(events)
  const log = logTo(logger)
  const stops = new WeakMap<ClientBase, () => void>()
  events.on('pool:listen:success', ({ client }) => {
    const stop = watchForFlood(client, () => {
      log('warning', FLOODED)
      streamOf(client)?.pause()
      setTimeout(() => hangUp(client), DEAF_FOR).unref()
    })
    stops.set(client, stop)
  })
  events.on('pool:listen:release', ({ client }) => stops.get(client)?.())
}
