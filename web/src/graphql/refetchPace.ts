interface PaceOptions {
  /** A clock in milliseconds. */
  now: () => number
  refetch: () => void
}

/** Decides when a window is asked for again after something in it changed. */
export interface RefetchPace {
  changed: () => void
  asked: () => void
  answered: () => void
  stop: () => void
}

/**
 * Asks at most one question at a time, and rests after an answer for twice as long as it took: a calendar that is
 * slow to compute does not keep the database busy, one that is fast stays live.
 */
export function createRefetchPace({ now, refetch }: PaceOptions): RefetchPace {
  let askedAt: number | null = null
  let restUntil = 0
  let isWanted = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const plan = () => {
    if (!isWanted || askedAt !== null || timer !== undefined) return
    timer = setTimeout(
      () => {
        timer = undefined
        isWanted = false
        refetch()
      },
      Math.max(0, restUntil - now()),
    )
  }
  return {
    changed: () => {
      isWanted = true
      plan()
    },
    asked: () => {
      askedAt ??= now()
    },
    answered: () => {
      if (askedAt === null) return
      restUntil = now() + 2 * (now() - askedAt)
      askedAt = null
      plan()
    },
    stop: () => {
      clearTimeout(timer)
      timer = undefined
      isWanted = false
    },
  }
}
