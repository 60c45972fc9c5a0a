export interface FairSlots {
  /** Runs a function as soon as a slot is free for its owner. */
  run<Result>(owner: string, fn: () => Promise<Result>): Promise<Result>
}

/**
 * Slots that one owner cannot keep from all others: an owner holds all but one of them at most, and a free slot goes to
 * the waiting owner who holds the fewest, of two equals to the one who has waited longer.
 */
export function createFairSlots(count: number): FairSlots {
  const most = Math.max(1, count - 1)
  const held = new Map<string, number>()
  const waiting: { readonly owner: string; readonly start: () => void }[] = []
  let taken = 0

  const heldBy = (owner: string) => held.get(owner) ?? 0

  function next(): void {
    if (taken >= count) return
    let chosen = -1
    for (const [index, { owner }] of waiting.entries()) {
      if (heldBy(owner) >= most) continue
      if (chosen < 0 || heldBy(owner) < heldBy(waiting[chosen]!.owner)) chosen = index
    }
    if (chosen < 0) return
    const [{ owner, start }] = waiting.splice(chosen, 1) as [(typeof waiting)[number]]
    taken++
    held.set(owner, heldBy(owner) + 1)
    start()
  }

  function leave(owner: string): void {
    taken--
    if (heldBy(owner) > 1) held.set(owner, heldBy(owner) - 1)
    else held.delete(owner)
    next()
  }

  return {
    async run(owner, fn) {
      await new Promise<void>((start) => {
        waiting.push({ owner, start })
        next()
      })
      try {
        return await fn()
      } finally {
        leave(owner)
      }
    },
  }
}
