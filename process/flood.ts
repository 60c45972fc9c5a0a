import type { ClientBase } from 'pg'
import type { Stream } from 'node:stream'

/** More in such a time than Almanac and its hosts have to say: someone else sends it, as any role can. */
const MOST = 2_000
const WITHIN = 500
/** Milliseconds for which a flooded connection does not listen. */
export const DEAF_FOR = 1_000
export const FLOODED = `Someone is sending more than ${(MOST / WITHIN) * 1_000} notifications a second: listening pauses for a while.`

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

/** The socket under a connection. */
export function streamOf(
  client: ClientBase,
): (Stream & { pause(): void; destroy(error: Error): void }) | undefined {
  return (client as unknown as { connection?: { stream: ReturnType<typeof streamOf> } }).connection?.stream
}
