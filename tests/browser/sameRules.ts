import type { Page } from 'playwright-core'
import type { Query } from '../../process/query.ts'

/**
 * Whether browser and database have the same rules for a zone around a date. Of Morocco newer tables of time zones say
 * something else than older ones; where the two differ, no page can show what SQL says, and says that.
 */
export async function haveSameRules(page: Page, query: Query, zone: string, date: string): Promise<boolean> {
  const hours = await query<{ at: string; clock: string }>(
    `select to_char(h.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at, to_char(h.at at time zone $1, 'HH24:MI') as clock
     from generate_series($2::date::timestamptz - interval '8 days', $2::date::timestamptz + interval '8 days', '1 hour') h(at)`,
    [zone, date],
  )
  return page.evaluate(
    ({ hours, zone }) => {
      const shown = new Intl.DateTimeFormat('en-GB', {
        timeZone: zone,
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      })
      return hours.every(({ at, clock }) => shown.format(new Date(at)) === clock)
    },
    { hours, zone },
  )
}
