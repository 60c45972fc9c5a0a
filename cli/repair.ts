import type { ClientBase } from 'pg'
import { queryOn } from '../worker/query.ts'
import { raisedSequences } from '../worker/upkeep.ts'

/** What a database may need that was restored, copied or replicated, besides its rights. */
export async function repair(client: ClientBase, log: (message: string) => void): Promise<void> {
  const query = queryOn(client)
  const [known] = await query<{ found: boolean }>(
    `select pg_catalog.to_regprocedure('almanac_private.bind_roles()') is not null as found`,
  )
  if (!known?.found) return
  for (const line of await raisedSequences(query)) log(line)
  const [bound] = await query<{ rows: number }>('select almanac_private.bind_roles() as rows')
  if (bound && bound.rows > 0)
    log(`The roles of ${bound.rows} schedules and calendars were looked up by their names.`)
}
