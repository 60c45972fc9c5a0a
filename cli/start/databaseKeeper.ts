import { setTimeout as delay } from 'node:timers/promises'
import { describeError } from '../../process/log.ts'
import type { Cluster } from '../embedded/cluster.ts'

const SHORTEST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 10_000

/** Starts the embedded database again whenever its server process dies, until `signal`. */
export async function keepDatabase(
  cluster: Cluster,
  { signal, log }: { signal: AbortSignal; log: (message: string) => void },
): Promise<void> {
  while (!signal.aborted) {
    const how = await cluster.postmaster.ended
    for (let pause = SHORTEST_PAUSE_MS; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      log(`The database ended (${how}); restarting it in ${pause} ms`)
      await delay(pause, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      try {
        await cluster.restart()
        log('The database is running again')
        break
      } catch (error) {
        log(describeError(error))
      }
    }
  }
}
