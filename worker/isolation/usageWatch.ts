import { CAN_TELL_USAGE, usageOf, type Usage } from './usage.ts'

/** What a process group may use: megabytes and seconds. */
interface Limits {
  readonly memory: number | null
  readonly cpu: number | null
}

/** Looks at what process groups use. */
export interface UsageWatch {
  /** What the group uses now. */
  look(group: number): Usage
  /** Calls `onExceeded` once the group uses more than it may; until the function that it returns is called. */
  watch(group: number, limits: Limits, onExceeded: (limit: keyof Limits) => void): () => void
}

/** Milliseconds between looks, and how many times as long as a look took at least: on a machine with many processes. */
const PAUSE = 250
const SHARE = 50

interface Watched {
  readonly limits: Limits
  readonly onExceeded: (limit: keyof Limits) => void
}

/** Makes the watch of a worker: it looks while there is anything to look at. */
export function createUsageWatch(
  look: (groups: ReadonlySet<number>) => Map<number, Usage> = usageOf,
): UsageWatch {
  const watched = new Map<number, Watched>()
  let timer: NodeJS.Timeout | null = null

  function schedule(pause: number): void {
    timer ??= setTimeout(() => {
      timer = null
      const begun = process.cpuUsage()
      lookAtAll()
      const { user, system } = process.cpuUsage(begun)
      if (watched.size > 0) schedule(Math.max(PAUSE, (SHARE * (user + system)) / 1_000))
    }, pause).unref()
  }

  function lookAtAll(): void {
    for (const [group, usage] of look(new Set(watched.keys()))) {
      const { limits, onExceeded } = watched.get(group)!
      const exceeded = (['memory', 'cpu'] as const).find(
        (limit) => usage[limit] > (limits[limit] ?? Infinity),
      )
      if (exceeded) onExceeded(exceeded)
    }
  }

  return {
    look: (group) => (CAN_TELL_USAGE && look(new Set([group])).get(group)) || { memory: 0, cpu: 0 },
    watch(group, limits, onExceeded) {
      if (!CAN_TELL_USAGE || (limits.memory === null && limits.cpu === null)) return () => undefined
      watched.set(group, { limits, onExceeded })
      schedule(PAUSE)
      return () => watched.delete(group)
    },
  }
}
