import { createPlaces, type Places, type Room } from './places.ts'

/** Shares a worker's slots and its connections for `almanac:sql` between the roles that runs run as. */
export interface Sharing {
  /** What begin_runs may begin of so many runs, of which so many may be statements; null: all of them. */
  room(runs: number, statements: number): object | null
  /** A run has begun; what it has taken is free again when the returned function is called. */
  take(role: string, isStatement: boolean): () => void
  /** A run has been left queued. `isPostponed`: it has a new job for later, and whoever has it in hand lets go of it. */
  refuse(role: string, lacks: Lack, isPostponed: boolean): void
  /** Waits until there may be room for a run that was refused, at most until `deadline`, by performance.now(). */
  turn(role: string, lacks: Lack, deadline: number): Promise<void>
}

/** What a run was refused for. */
export type Lack = 'slots' | 'statements'

/** Milliseconds that a run is kept in hand for a slot of its role, before it is put back to where others overtake it. */
export const KEPT_IN_HAND = 100
/** Runs of one role that were put back are taken again one after the other, milliseconds apart, that long after at least. */
const SPACING = 10
const SOONEST = 100
/** So many milliseconds later at most: a longer line is taken more often. */
const LATEST = 300_000

interface Waiting {
  readonly role: string
  readonly lacks: Lack
  readonly go: () => void
}

/** Shares `concurrency` slots and `connections`. Roles that schedules run as have some kept for them. */
export function createSharing({
  concurrency,
  connections,
  busyBesides,
  scheduled,
}: {
  concurrency: number
  connections: number
  /** Slots that jobs have which are no runs. */
  busyBesides: () => number
  scheduled: () => ReadonlySet<string>
}): Sharing {
  const slots = createPlaces({ count: concurrency, takenBesides: busyBesides, scheduled })
  const statements = createPlaces({ count: connections, scheduled })
  const places: Readonly<Record<Lack, Places>> = { slots, statements }
  /** When the next run that is put back is to be taken again, by what it lacks and by role. */
  const lines: Readonly<Record<Lack, Map<string, number>>> = { slots: new Map(), statements: new Map() }
  let waiting: Waiting[] = []

  function nextInLine(lack: Lack, role: string): number {
    const now = performance.now()
    const at = Math.max(now + SOONEST, lines[lack].get(role) ?? 0)
    return at - now > LATEST ? now + LATEST * Math.random() : at
  }

  function toJson(lack: Lack, { roles, others, total }: Room) {
    const retryIn: Record<string, number> = {}
    for (const role of roles.keys()) {
      if (places[lack].isMoving(role)) continue
      const at = nextInLine(lack, role)
      lines[lack].set(role, at)
      retryIn[role] = Math.round(at - performance.now())
    }
    return { roles: Object.fromEntries(roles), others, total, retryIn }
  }

  function wake(): void {
    if (waiting.length === 0) return
    const left = { slots: new Map(slots.room().roles), statements: new Map(statements.room().roles) }
    waiting = waiting.filter(({ role, lacks, go }) => {
      const room = left[lacks].get(role) ?? 1
      if (room < 1) return true
      left[lacks].set(role, room - 1)
      go()
      return false
    })
  }

  return {
    room(runs, ofStatements) {
      const room = { slots: slots.room(), statements: statements.room() }
      if (runs <= least(room.slots) && ofStatements <= least(room.statements)) return null
      return {
        slots: toJson('slots', room.slots),
        statements: toJson('statements', room.statements),
        spacing: SPACING,
      }
    },
    take(role, isStatement) {
      slots.take(role)
      if (isStatement) statements.take(role)
      return () => {
        slots.leave(role)
        if (isStatement) statements.leave(role)
        wake()
      }
    },
    refuse(role, lacks, isPostponed) {
      places[lacks].refuse(role)
      if (isPostponed) lines[lacks].set(role, nextInLine(lacks, role) + SPACING)
    },
    async turn(role, lacks, deadline) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const own = { role, lacks, go: resolve }
      const timer = setTimeout(
        () => {
          waiting = waiting.filter((other) => other !== own)
          places[lacks].stop(role)
          resolve()
        },
        Math.max(0, deadline - performance.now()),
      )
      waiting.push(own)
      await promise
      clearTimeout(timer)
    },
  }
}

function least({ roles, others, total }: Room): number {
  return Math.min(total, others, ...roles.values())
}
