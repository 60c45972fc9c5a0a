import { describeError, type Log } from '../../process/log.ts'
import type { Query } from '../../process/query.ts'

const PAUSE = 60_000

/**
 * With every heartbeat: the leader looks once a minute whether runs have not begun for long, and says when that begins and
 * when it is over, as `almanac status` and /healthz do meanwhile.
 */
export function createNotBegunWatch({
  query,
  isLeader,
  log,
  now = () => performance.now(),
}: {
  query: Query
  isLeader: () => boolean
  log: Log
  now?: () => number
}): { beat: () => Promise<void> } {
  let lookedAt = -Infinity
  let isFault = false

  async function look(): Promise<void> {
    const [row] = await query<{ count: string; name: string; since: string; slots: string | null }>(
      `select n.found ->> 'count' as count, n.found ->> 'name' as name, n.found ->> 'since' as since,
         almanac_private.slots_taken(n.found) as slots
       from almanac_private.runs_not_begun(clock_timestamp()) n(found) where (n.found ->> 'isFault')::boolean`,
    )
    if (row && !isFault)
      log(
        'warning',
        `Runs are not starting: ${row.count}, one of ${row.name} since ${row.since}. ${row.slots ?? 'No slot is taken.'}`,
      )
    if (!row && isFault) log('info', 'Runs are starting again.')
    isFault = row !== undefined
  }

  return {
    async beat() {
      if (!isLeader() || now() - lookedAt < PAUSE) return
      lookedAt = now()
      try {
        await look()
      } catch (error) {
        log('warning', `Could not check whether runs are starting: ${describeError(error)}`)
      }
    },
  }
}
