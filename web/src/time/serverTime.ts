/** Less is how long an answer was on its way, and that headers have no parts of a second. */
const leastDifference = 2_000
/** An answer that took longer does not say when it was given. */
const longestAnswer = 5_000

/** Now by the server's clock, as far as its answers have told it: that of a browser may be wrong by minutes. */
export interface ServerTime {
  now: () => number
  /** Takes the date of an answer to something that was asked at a time of the browser's clock. */
  note: (date: string | null, askedAt: number) => void
}

/** Starts with the browser's own clock. */
export function createServerTime(read: () => number): ServerTime {
  let ahead = 0
  return {
    now: () => read() + ahead,
    note: (date, askedAt) => {
      const heardAt = read()
      const told = Date.parse(date ?? '')
      if (Number.isNaN(told) || heardAt < askedAt || heardAt - askedAt > longestAnswer) return
      const difference = told + 500 - (askedAt + heardAt) / 2
      ahead = Math.abs(difference) < leastDifference ? 0 : difference
    },
  }
}

export const serverTime = createServerTime(Date.now)
