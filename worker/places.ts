/** Places of one kind that roles share: a worker's slots, or its connections for `almanac:sql`. */
export interface Places {
  /** How many more each role may take: those that hold or want some or that schedules run as, and any other. */
  room(): Room
  take(role: string): void
  leave(role: string): void
  /** A role has been refused one. */
  refuse(role: string): void
  /** Whether places of the role have been taken or left a moment ago, so that waiting for the next is worthwhile. */
  isMoving(role: string): boolean
  /** Whoever has waited for a place of the role has done so for long. */
  stop(role: string): void
}

/** What there is room for. */
export interface Room {
  readonly roles: ReadonlyMap<string, number>
  /** What any role may take that is not among them. */
  readonly others: number
  readonly total: number
}

/** Milliseconds after which a role that was refused a place counts as wanting none. */
const WANTING = 2_000
/** Milliseconds after which a place that was not left is one that is held for long. */
const MOVING = 100

/**
 * Of `count` places each role may hold as many as any other that wants some, and one alone all but a tenth, one at least, which
 * is kept for roles that schedules run as and that hold none at the moment. Where there is no such role, it may hold all.
 */
export function createPlaces({
  count,
  takenBesides = () => 0,
  scheduled,
  now = () => performance.now(),
}: {
  count: number
  /** Places that are taken by what is of no role. */
  takenBesides?: () => number
  /** Roles that schedules run as. */
  scheduled: () => ReadonlySet<string>
  now?: () => number
}): Places {
  const kept = Math.min(count - 1, Math.max(1, Math.floor(count / 10)))
  const held = new Map<string, number>()
  const refusedAt = new Map<string, number>()
  const movedAt = new Map<string, number>()
  let taken = 0

  function waiting(): string[] {
    const since = now() - WANTING
    for (const [role, at] of refusedAt) if (at < since) refusedAt.delete(role)
    return [...refusedAt.keys()]
  }

  function isMoving(role: string): boolean {
    const at = movedAt.get(role)
    if (at === undefined) return false
    if (now() - at < MOVING) return true
    movedAt.delete(role)
    return false
  }

  return {
    room() {
      const total = Math.max(0, count - taken - takenBesides())
      const refused = waiting()
      const wanting = new Set([...held.keys(), ...refused])
      const idle = [...scheduled()].filter((role) => !wanting.has(role))

      function roomFor(role: string | null): number {
        const isNew = role === null || !wanting.has(role)
        const reserve = idle.some((other) => other !== role) ? kept : 0
        const share = Math.max(1, Math.floor((count - reserve) / (wanting.size + (isNew ? 1 : 0))))
        const own = role === null ? 0 : (held.get(role) ?? 0)
        const lacking = refused
          .filter((other) => other !== role)
          .reduce((sum, other) => sum + Math.max(0, share - (held.get(other) ?? 0)), 0)
        return Math.max(0, Math.min(total, Math.max(share - own, total - reserve - lacking)))
      }

      return {
        roles: new Map([...wanting, ...idle].map((role) => [role, roomFor(role)])),
        others: roomFor(null),
        total,
      }
    },
    take(role) {
      taken++
      held.set(role, (held.get(role) ?? 0) + 1)
      movedAt.set(role, now())
    },
    leave(role) {
      taken--
      const left = (held.get(role) ?? 1) - 1
      if (left > 0) held.set(role, left)
      else held.delete(role)
      movedAt.set(role, now())
    },
    refuse: (role) => void refusedAt.set(role, now()),
    isMoving,
    stop: (role) => void movedAt.delete(role),
  }
}
