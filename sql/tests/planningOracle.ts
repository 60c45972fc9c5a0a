import { createHash } from 'node:crypto'

/** An instant in microseconds since 1970: what PostgreSQL keeps, and exact as a number until the year 2255. */
export type Micros = number
/** A range of time with its begin and without its end. */
export type Range = readonly [from: Micros, to: Micros]
export type Outcome = 'run' | 'moved' | 'skipped' | 'excluded' | 'merged'

export interface Rules {
  readonly scheduleId: number
  /** What the calendars exclude, in any order, overlapping or not. */
  readonly excluded: readonly Range[]
  readonly exclusionPolicy: 'skip' | 'move'
  /** By nominal time: skipped, or moved to an instant. */
  readonly overrides: ReadonlyMap<Micros, 'skip' | Micros>
  readonly jitterMs: number
}

export interface Planned {
  readonly scheduledFor: Micros
  readonly dueAt: Micros
  readonly outcome: Outcome
}

/**
 * What happens to each nominal time, from the rules alone: a second implementation next to the one in SQL, over whole lists. `nominal` is in order and continues as far as any of them may be moved.
 */
export function plan(nominal: readonly Micros[], rules: Rules): Planned[] {
  const ranges = union(rules.excluded)
  const planned = nominal.map((at): Planned => {
    const override = rules.overrides.get(at)
    if (override === 'skip') return { scheduledFor: at, dueAt: at, outcome: 'skipped' }
    if (override !== undefined) return { scheduledFor: at, dueAt: override, outcome: 'moved' }
    const range = ranges.find(([from, to]) => from <= at && at < to)
    if (!range) return { scheduledFor: at, dueAt: at, outcome: 'run' }
    if (rules.exclusionPolicy === 'skip') return { scheduledFor: at, dueAt: at, outcome: 'excluded' }
    return { scheduledFor: at, dueAt: range[1], outcome: 'run' }
  })

  // From the last to the first, so that the next one that runs in its order is known: due times never decrease along them.
  let next: Micros | undefined
  return planned
    .toReversed()
    .map((item): Planned => {
      if (item.outcome !== 'run') return item
      const { scheduledFor, dueAt } = item
      if (dueAt > scheduledFor && next !== undefined && dueAt >= next)
        return { scheduledFor, dueAt: scheduledFor, outcome: 'merged' }
      const room = next === undefined ? Infinity : Math.floor((next - dueAt) / 1000) - 1
      const most = Math.max(0, Math.min(rules.jitterMs, room))
      next = dueAt
      return { ...item, dueAt: dueAt + (hash(rules.scheduleId, scheduledFor) % (most + 1)) * 1000 }
    })
    .toReversed()
}

/** Those that run, moved ones included, in the order in which they are due. */
export function due(planned: readonly Planned[]): Planned[] {
  return byDueTime(planned.filter((item) => item.outcome === 'run' || item.outcome === 'moved'))
}

export function byDueTime(planned: readonly Planned[]): Planned[] {
  return planned.toSorted((a, b) => a.dueAt - b.dueAt || a.scheduledFor - b.scheduledFor)
}

/** Ranges that neither overlap nor touch. */
export function union(ranges: readonly Range[]): Range[] {
  const joined: [Micros, Micros][] = []
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = joined.at(-1)
    if (last && from <= last[1]) last[1] = Math.max(last[1], to)
    else joined.push([from, to])
  }
  return joined
}

function hash(scheduleId: number, scheduledFor: Micros): number {
  const text = `${scheduleId}:${Math.floor(scheduledFor / 1_000_000)}`
  return Number.parseInt(createHash('md5').update(text).digest('hex').slice(0, 13), 16)
}
