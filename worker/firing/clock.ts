import type { Log } from '../../process/log.ts'

/** Notices when the database's clock, by which everything fires, is set to another time. */
export interface ClockWatch {
  /**
   * Takes a reading of the database's clock, and the times between which it was read by a clock that no one can set.
   * Returns by how many milliseconds it has jumped since the reading before; 0: not at all; below 0: back.
   */
  observe(databaseMs: number, between: { readonly sentAt: number; readonly receivedAt: number }): number
}

/** Clocks that drift apart, or are being slewed, differ by less from one reading to the next. */
const SMALLEST_JUMP = 5_000

/**
 * How far the two clocks are apart is known within the time that the answer took: a jump is what lies outside of it, and it is
 * most likely as large as from the middle of one to that of the other.
 */
export function watchClock(): ClockWatch {
  let known: { least: number; most: number } | null = null
  return {
    observe(databaseMs, { sentAt, receivedAt }) {
      const found = { least: databaseMs - receivedAt, most: databaseMs - sentAt }
      const forward = known ? found.least - known.most : 0
      const back = known ? known.least - found.most : 0
      const likely = known ? Math.round((found.least + found.most - known.least - known.most) / 2) : 0
      known = found
      return Math.max(forward, back) >= SMALLEST_JUMP ? likely : 0
    },
  }
}

/** Says what a jump means, and what to do about it. `ahead`: how many schedules were fired beyond the clock. */
export function reportJump(log: Log, { jump, ahead }: { jump: number; ahead: number }): void {
  const by = `${Math.round(Math.abs(jump) / 1000)} s`
  const remedy = 'select * from almanac.replan_from_now();'
  if (jump > 0) {
    log(
      'warning',
      `The database's clock jumped forward by ${by} (or this machine slept). What was due meanwhile is caught up or recorded as missed, as each schedule says. If the clock is wrong, correct it, and then run: ${remedy}`,
    )
  } else if (ahead > 0) {
    log(
      'error',
      `The database's clock jumped back by ${by}. ${ahead} schedule${ahead === 1 ? ' was' : 's were'} fired beyond that time and will not fire until the clock reaches it. If the clock is correct now, run: ${remedy}`,
    )
  } else {
    log('warning', `The database's clock jumped back by ${by}. No schedule had been fired beyond that time.`)
  }
}
