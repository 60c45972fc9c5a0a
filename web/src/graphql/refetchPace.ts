interface PaceOptions {
  /** A clock in milliseconds. */
  now: () => number
  refetch: () => void
  /** Milliseconds for one question where changes do not end; a few more are asked at once after a quiet time. */
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

const burst = 3
const longestRest = 10_000

/**
 * Asks at most one question at a time, rests after an answer for twice as long as it took (a calendar that is slow to
 * compute does not keep the database busy, one that is fast stays live), and asks no more than one each `every`
 * milliseconds in the long run, so that a page that is left open costs little however much happens.
 */
export function createRefetchPace({ now, refetch, every, onShown }: PaceOptions): RefetchPace {
  let askedAt: number | null = null
  let restUntil = 0
  let isWanted = false
  /** Since when a change waits to be asked for, and since when the one that is asked for. */
  let waitingSince: number | null = null
  let askingFor: number | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let saved = burst
  let savedAt = now()
  const save = () => {
    saved = Math.min(burst, saved + (now() - savedAt) / every)
    savedAt = now()
  }
  const plan = () => {
    if (!isWanted || askedAt !== null || timer !== undefined) return
    save()
    timer = setTimeout(
      () => {
        timer = undefined
        isWanted = false
        askingFor ??= waitingSince
        waitingSince = null
        save()
        saved = Math.max(0, saved - 1)
        refetch()
      },
      Math.max(0, restUntil - now(), Math.ceil((1 - saved) * every)),
    )
  }
  return {
    changed: (isUrgent = false) => {
      if (isUrgent) {
        clearTimeout(timer)
        timer = undefined
        restUntil = 0
        saved = burst
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
      restUntil = 0
    },
    stop: () => {
      clearTimeout(timer)
      timer = undefined
      isWanted = false
    },
  }
}
