import type { WorkerEvents, WorkerPluginBaseContext } from 'graphile-worker'

const guarded = new WeakSet<WorkerEvents>()

/**
 * A local queue of Graphile Worker that holds jobs, and waits for nothing, fails when it is released: it counts itself
 * as ended before it hands them back (docs/decisions/0013). So something is under way in each until its release begins.
 */
export function guardReleaseOfJobs({ events }: Pick<WorkerPluginBaseContext, 'events'>): void {
  if (guarded.has(events)) return
  guarded.add(events)
  const releases = new WeakMap<object, () => void>()
  events.on('localQueue:init', ({ localQueue }) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    releases.set(localQueue, resolve)
    // Private to the library's types, not to its code.
    const background: unknown = Reflect.get(localQueue, 'background')
    if (typeof background === 'function') Reflect.apply(background, localQueue, [promise])
  })
  events.on('localQueue:setMode', ({ localQueue, newMode }) => {
    if (newMode === 'RELEASED') releases.get(localQueue)?.()
  })
}
