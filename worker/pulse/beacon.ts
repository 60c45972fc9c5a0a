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
  /** Waits, without giving way to anything else, until the last words are said; false: not in time. */
  waitForLastWords(ms: number): boolean
  lastWordsSaid(): void
}

const TICK = 0
const BEAT = 1
/** Bytes: two times, and a flag. */
export const BEACON_SIZE = 24

/** Reads and writes the shared memory. */
export function beaconOn(memory: SharedArrayBuffer): Beacon {
  const times = new BigInt64Array(memory, 0, 2)
  const flag = new Int32Array(memory, 16, 1)
  const set = (index: number) => void Atomics.store(times, index, process.hrtime.bigint())
  const since = (index: number) => Number(process.hrtime.bigint() - Atomics.load(times, index)) / 1e6
  return {
    tick: () => set(TICK),
    beaten: () => set(BEAT),
    sinceTick: () => since(TICK),
    sinceBeat: () => since(BEAT),
    waitForLastWords: (ms) => Atomics.wait(flag, 0, 0, ms) !== 'timed-out',
    lastWordsSaid() {
      Atomics.store(flag, 0, 1)
      Atomics.notify(flag, 0)
    },
  }
}
