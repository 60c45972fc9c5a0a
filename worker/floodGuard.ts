import type { WorkerEvents, WorkerPluginBaseContext } from 'graphile-worker'
import type { ClientBase } from 'pg'
import { DEAF_FOR, FLOODED, hangUp, streamOf, watchForFlood } from '../process/flood.ts'
import { logTo } from './graphileLog.ts'

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
