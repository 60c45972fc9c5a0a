import type { WithPgClient } from 'graphile-worker'
import { RefusedError } from '../runTasks.ts'
import { queryOn, type Query } from '../../process/query.ts'

interface Place {
  readonly database: string
  readonly login: string
  /** The database's number, and when its server was started: no other has both. */
  readonly place: string
}

const PLACE = `
  select pg_catalog.current_database() as database, session_user as login,
    (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()) || ' ' || pg_catalog.pg_postmaster_start_time() as place`

/** Throws if the pool that takes jobs leads to another database than the URL by which Almanac records them. */
export async function requireSamePlace(withPgClient: WithPgClient, query: Query): Promise<void> {
  const jobs = async () => (await withPgClient((client) => queryOn(client)<Place>(PLACE)))[0]!
  const records = async () => (await query<Place>(PLACE))[0]!
  // A server may have been started between the two.
  for (let tries = 0; ; tries++) {
    const [taken, recorded] = [await jobs(), await records()]
    if (taken.place === recorded.place) return
    if (tries === 0) continue
    throw new RefusedError(
      `Its pool takes jobs from the database ${taken.database} (as ${taken.login}), but almanacPreset() uses another: ${recorded.database} (as ${recorded.login}). Use the same URL for both: connectionString of almanacPreset(), DATABASE_URL, or that of pgPool.`,
    )
  }
}
