/** What changed since the last look: null stands for anything. */
export interface Change {
  topic: 'schedules' | 'runs' | 'workers' | 'ledger'
  ids: ReadonlySet<string> | null
  /** Something may have been missed: what is shown is old until it is asked for again. */
  isGap?: true
}

interface Burst {
  add: (change: Change) => void
  stop: () => void
}

function merge(a: Change | undefined, b: Change): Change {
  if (a === undefined) return b
  const ids = a.ids === null || b.ids === null ? null : new Set([...a.ids, ...b.ids])
  return { topic: b.topic, ids, ...((a.isGap ?? b.isGap) && { isGap: true }) }
}

/** Joins changes that come close together and tells them once, `delay` ms after the first. */
export function createBurst(delay: number, tell: (changes: readonly Change[]) => void): Burst {
  const waiting = new Map<Change['topic'], Change>()
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    add: (change) => {
      waiting.set(change.topic, merge(waiting.get(change.topic), change))
      timer ??= setTimeout(() => {
        timer = undefined
        const changes = [...waiting.values()]
        waiting.clear()
        tell(changes)
      }, delay)
    },
    stop: () => {
      clearTimeout(timer)
      timer = undefined
      waiting.clear()
    },
  }
}

/** Reads one event of a subscription; what lists no ids concerns everything. */
export function readChange(
  topic: Change['topic'],
  event: { op: string; ids: readonly (string | null)[] | null } | null | undefined,
): Change {
  const listed = event?.op === 'insert' || event?.op === 'update' || event?.op === 'delete'
  const isGap = event?.op === 'hello' || event?.op === 'resync'
  return {
    topic,
    ids: listed && event?.ids ? new Set(event.ids.filter((id) => id !== null)) : null,
    ...(isGap && { isGap }),
  }
}
