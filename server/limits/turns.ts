/** Lets only so many go on at once. Those who wait take turns by user: one user's hundredth waits behind another's first. */
export interface Turns {
  /** Resolves when it is `who`'s turn, with what gives the turn back; throws `TooManyWait`. */
  take(who: string): Promise<() => void>
}

export interface TurnLimits {
  readonly most: number
  readonly mostPerUser: number
  /** How many of one user may wait. */
  readonly mostWaiting: number
  /** How long each of them may. */
  readonly waitMs: number
}

/** One user waits for too many turns at once, or for too long. */
export class TooManyWait extends Error {}

interface Line {
  going: number
  readonly waiting: (() => void)[]
}

export function createTurns({ most, mostPerUser, mostWaiting, waitMs }: TurnLimits): Turns {
  // In the order of their turns: who continues or has ended moves to the end.
  const lines = new Map<string, Line>()
  let going = 0

  function goOn(): void {
    while (going < most) {
      const next = [...lines].find(([, line]) => line.waiting.length > 0 && line.going < mostPerUser)
      if (!next) return
      const [who, line] = next
      lines.delete(who)
      lines.set(who, line)
      going++
      line.going++
      line.waiting.shift()?.()
    }
  }

  function giveBack(who: string, line: Line): void {
    going--
    line.going--
    lines.delete(who)
    if (line.going > 0 || line.waiting.length > 0) lines.set(who, line)
    goOn()
  }

  return {
    async take(who) {
      const line = lines.get(who) ?? { going: 0, waiting: [] }
      if (line.waiting.length >= mostWaiting) throw new TooManyWait()
      lines.set(who, line)
      await new Promise<void>((resolve, reject) => {
        const patience = setTimeout(() => {
          line.waiting.splice(line.waiting.indexOf(begin), 1)
          if (line.going === 0 && line.waiting.length === 0) lines.delete(who)
          reject(new TooManyWait())
        }, waitMs)
        const begin = (): void => {
          clearTimeout(patience)
          resolve()
        }
        line.waiting.push(begin)
        goOn()
      })
      let isGiven = false
      return () => {
        if (!isGiven) giveBack(who, line)
        isGiven = true
      }
    },
  }
}
