/** When the process stood still, in seconds ago. */
export interface Stop {
  readonly from: number
  readonly until: number
}

/**
 * Memory that the main thread and the thread of its pulse share: when each last gave a sign, by the monotonic clock
 * that all threads of a process have in common.
 */
export interface Beacon {
  /** When the main thread last came to its timers. */
  readonly tick: () => void
  /** When a heartbeat of either thread last reached the database. */
  beaten(): void
  /** Milliseconds since then. */
  sinceTick(): number
  sinceBeat(): number
  /** The thread of the pulse has come to its timers; `isFirst`: it has just begun. */
  looked(isFirst?: boolean): void
  /** That thread has ended. */
  blind(): void
  /** When the process last stood still, as far as that thread tells: it does nothing that could hold it up. */
  lastStop(): Stop | null
  /** Waits, without giving way to anything else, until the last words are said; false: not in time. */
  waitForLastWords(ms: number): boolean
  lastWordsSaid(): void
}

const TICK = 0
const BEAT = 1
const LOOK = 2
const STOPPED = 3
const CONTINUED = 4
/** Bytes: five times, and a flag. */
export const BEACON_SIZE = 48
/** Milliseconds: a thread that comes later to its timers did not run. */
const SHORTEST_STOP = 1_000

/** Reads and writes the shared memory. */
export function beaconOn(memory: SharedArrayBuffer): Beacon {
  const times = new BigInt64Array(memory, 0, 5)
  const flag = new Int32Array(memory, 40, 1)
  const set = (index: number) => void Atomics.store(times, index, process.hrtime.bigint())
  const since = (index: number) => Number(process.hrtime.bigint() - Atomics.load(times, index)) / 1e6
  const isSet = (index: number) => Atomics.load(times, index) !== 0n
  const hasStopped = () => isSet(LOOK) && since(LOOK) > SHORTEST_STOP
  return {
    tick: () => set(TICK),
    beaten: () => set(BEAT),
    sinceTick: () => since(TICK),
    sinceBeat: () => since(BEAT),
    looked(isFirst = false) {
      if (!isFirst && hasStopped()) {
        Atomics.store(times, STOPPED, Atomics.load(times, LOOK))
        set(CONTINUED)
      }
      set(LOOK)
    },
    blind: () => void Atomics.store(times, LOOK, 0n),
    lastStop() {
      // Whichever of the two threads continues first.
      if (hasStopped()) return { from: since(LOOK) / 1000, until: 0 }
      return isSet(CONTINUED) ? { from: since(STOPPED) / 1000, until: since(CONTINUED) / 1000 } : null
    },
    waitForLastWords: (ms) => Atomics.wait(flag, 0, 0, ms) !== 'timed-out',
    lastWordsSaid() {
      Atomics.store(flag, 0, 1)
      Atomics.notify(flag, 0)
    },
  }
}
