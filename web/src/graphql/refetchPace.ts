interface PaceOptions {
  /** A clock in milliseconds. */
  now: () => number
  refetch: () => void
  /** The longest pause between two questions, where changes do not end, in milliseconds. */
  every: number
  /** Told how long a change took from when the client learned of it until the answer that holds it. */
  onShown?: (after: number) => void
}

/** Decides when something is asked for again after it changed. */
export interface RefetchPace {
  /** Something changed; urgently: what was answered before is not to be relied on, and nothing is saved. */
  changed: (isUrgent?: boolean) => void
  asked: () => void
  answered: () => void
  /** Another question takes the place of the one before, and owes nothing to how long that took. */
  restart: () => void
  stop: () => void
}

/** So much shorter than the longest is the pause after the first question. */
const first = 16
const longestRest = 10_000

/**
 * Asks at most one question at a time, and rests after an answer for twice as long as it took: a calendar that is slow to
 * compute does not keep the database busy, one that is fast stays live. After a quiet time a change is asked for at once;
 * while changes go on, the pauses double up to `every` milliseconds, so that a page that is left open costs little however
 * much happens.
 */
export function createRefetchPace({ now, refetch, every, onShown }: PaceOptions): RefetchPace {
  let askedAt: number | null = null
  let restUntil = 0
  let isWanted = false
  /** Since when a change waits to be asked for, and since when the one that is asked for. */
  let waitingSince: number | null = null
  let askingFor: number | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let pause = every / first
  let pauseUntil = 0
  const plan = () => {
    if (!isWanted || askedAt !== null || timer !== undefined) return
    timer = setTimeout(
      () => {
        timer = undefined
        isWanted = false
        const isOngoing = waitingSince !== null && waitingSince < pauseUntil
        pause = isOngoing ? Math.min(every, 2 * pause) : every / first
        pauseUntil = now() + pause
        askingFor ??= waitingSince
        waitingSince = null
        refetch()
      },
      Math.max(0, restUntil - now(), pauseUntil - now()),
    )
  }
  return {
    changed: (isUrgent = false) => {
      if (isUrgent) {
        clearTimeout(timer)
        timer = undefined
        restUntil = pauseUntil = 0
      }
      isWanted = true
      waitingSince ??= now()
      plan()
    },
    asked: () => {
      askedAt ??= now()
    },
    answered: () => {
      if (askedAt === null) return
      restUntil = now() + Math.min(longestRest, 2 * (now() - askedAt))
      askedAt = null
      if (askingFor !== null) onShown?.(now() - askingFor)
      askingFor = null
      plan()
    },
    restart: () => {
      clearTimeout(timer)
      timer = undefined
      askedAt = null
      isWanted = false
      waitingSince = askingFor = null
      restUntil = pauseUntil = 0
    },
    stop: () => {
      clearTimeout(timer)
      timer = undefined
      isWanted = false
    },
  }
}
