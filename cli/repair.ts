import type { ClientBase } from 'pg'
import { setTimeout as delay } from 'node:timers/promises'
import { queryOn, type Query } from '../process/query.ts'
import { raisedSequences } from '../worker/membership/maintenance.ts'

const PARTITION_TRIES = 5
const PARTITION_PAUSE = 200

/** What a database may need that was restored, copied or replicated, besides its rights. */
export async function repair(client: ClientBase, log: (message: string) => void): Promise<void> {
  const query = queryOn(client)
  const [known] = await query<{ found: boolean }>(
    `select pg_catalog.to_regprocedure('almanac_private.bind_roles()') is not null as found`,
  )
  if (!known?.found) return
  for (const line of await raisedSequences(query)) log(line)
  await makePartitions(query, log)
  const [bound] = await query<{ rows: number }>('select almanac_private.bind_roles() as rows')
  if (bound && bound.rows > 0)
    log(`The roles of ${bound.rows} schedules and calendars were looked up by their names.`)
}

/** Tried a few times, as none of it waits for who reads the runs. The leader keeps trying. */
async function makePartitions(query: Query, log: (message: string) => void): Promise<void> {
  for (let tries = 1; ; tries++) {
    const [found] = await query<{ missing: number }>(
      'select missing from almanac_private.ensure_partitions(largest_scan => null)',
    )
    const missing = found?.missing ?? 0
    if (missing === 0) return
    if (tries === PARTITION_TRIES) {
      log(
        `${missing} partitions for the coming weeks could not be created yet: other sessions hold locks on runs or run_attempts.`,
      )
      return
    }
    await delay(PARTITION_PAUSE)
  }
}
