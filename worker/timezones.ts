import { describeError, type Log } from './log.ts'
import type { Query } from './query.ts'

/**
 * Lets the database learn its time zones anew, and move what is due at another instant since their rules changed.
 * A worker does it at its start: after an upgrade of the operating system or of PostgreSQL, workers start.
 */
export async function refreshTimezones(query: Query, log: Log): Promise<void> {
  try {
    const [found] = await query<{ changed: string[]; moved: number }>(
      'select changed, moved from almanac_private.refresh_timezones()',
    )
    if (!found || found.changed.length === 0) return
    log(
      'warning',
      `The rules of time zones have changed: ${found.changed.join(', ')}. ${found.moved} schedules are next due at another time than before.`,
    )
  } catch (error) {
    log('warning', `The time zones could not be refreshed: ${describeError(error)}`)
  }
}
