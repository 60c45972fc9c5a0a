/** Places of one kind that accounts share: a worker's slots, or its connections for `almanac:sql`. */
export interface Places {
  /** How many more each account may take: those that hold or want some or that schedules run as, and any other. */
  room(): Room
  take(account: string): void
  leave(account: string): void
  /** An account has been refused one. */
  refuse(account: string): void
  /** Whether places of the account have been taken or left a moment ago, so that waiting for the next is worthwhile. */
  isMoving(account: string): boolean
  /** Whoever has waited for a place of the account has done so for long. */
  stop(account: string): void
}

/** What there is room for. */
export interface Room {
  readonly accounts: ReadonlyMap<string, number>
  /** What any account may take that is not among them. */
  readonly others: number
  readonly total: number
}

/** Milliseconds after which an account that was refused a place counts as wanting none. */
const WANTING = 2_000
/** Milliseconds after which a place that was not left is one that is held for long. */
const MOVING = 100

/**
 * Of `count` places each account may hold as many as any other that wants some, and one alone all but a tenth, one at least, which
 * is kept for accounts that have schedules and that hold none at the moment. Where there is no such account, it may hold all.
 */
export function createPlaces({
  count,
  takenBesides = () => 0,
  scheduled,
  now = () => performance.now(),
}: {
  count: number
  /** Places that are taken by what is of no account. */
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
    for (const [account, at] of refusedAt) if (at < since) refusedAt.delete(account)
    return [...refusedAt.keys()]
  }

  function isMoving(account: string): boolean {
    const at = movedAt.get(account)
    if (at === undefined) return false
    if (now() - at < MOVING) return true
    movedAt.delete(account)
    return false
  }

  return {
    room() {
      const total = Math.max(0, count - taken - takenBesides())
      const refused = waiting()
      const wanting = new Set([...held.keys(), ...refused])
      const idle = [...scheduled()].filter((account) => !wanting.has(account))

      function roomFor(account: string | null): number {
        const isNew = account === null || !wanting.has(account)
        const reserve = idle.some((other) => other !== account) ? kept : 0
        const share = Math.max(1, Math.floor((count - reserve) / (wanting.size + (isNew ? 1 : 0))))
        const own = account === null ? 0 : (held.get(account) ?? 0)
        const lacking = refused
          .filter((other) => other !== account)
          .reduce((sum, other) => sum + Math.max(0, share - (held.get(other) ?? 0)), 0)
        return Math.max(0, Math.min(total, Math.max(share - own, total - reserve - lacking)))
      }

      return {
        accounts: new Map([...wanting, ...idle].map((account) => [account, roomFor(account)])),
        others: roomFor(null),
        total,
      }
    },
    take(account) {
      taken++
      held.set(account, (held.get(account) ?? 0) + 1)
      movedAt.set(account, now())
    },
    leave(account) {
      taken--
      const left = (held.get(account) ?? 1) - 1
      if (left > 0) held.set(account, left)
      else held.delete(account)
      movedAt.set(account, now())
    },
    refuse: (account) => void refusedAt.set(account, now()),
    isMoving,
    stop: (account) => void movedAt.delete(account),
  }
}
