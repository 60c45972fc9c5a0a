import { escapeIdentifier } from 'pg'
import { DatabaseClient } from '../process/client.ts'
import { ALL_BLOCKERS, describeBlocker, type Blocker } from '../worker/membership/blockers.ts'
import { queryOn, type Query } from '../process/query.ts'
import { connectionStringOf } from './embedded/cluster.ts'
import { schemaProblem } from '../process/migrationRecord.ts'
import type { Settings } from './settings.ts'
import { readRunning } from './start/runningFile.ts'

/** The URL of the database in use: DATABASE_URL, or that of the embedded one, which must be running. */
export async function findDatabaseUrl(settings: Settings): Promise<string> {
  if (settings.databaseUrl) return settings.databaseUrl
  const url = (await readRunning(settings.dataDir)) ? await connectionStringOf(settings.dataDir) : null
  if (url === null) {
    throw new Error(
      `DATABASE_URL is not set, and no embedded database is running in ${settings.dataDir}. Start it with "npm start", or set DATABASE_URL.`,
    )
  }
  return url
}

/**
 * Opens one connection for the time of `work`. A database that is not of this program's version is refused, and a login
 * without the rights of `role`, which the work needs. `longest`: milliseconds that one answer may take.
 */
export async function withQuery<Result>(
  connectionString: string,
  work: (query: Query) => Promise<Result>,
  role = 'almanac_viewer',
  longest?: number,
): Promise<Result> {
  const client = new DatabaseClient({
    connectionString,
    application_name: 'almanac',
  })
  await client.connect()
  try {
    const query = queryOn(client)
    if (longest !== undefined)
      await query('select pg_catalog.set_config($1, $2, false)', ['statement_timeout', String(longest)])
    const problem = (await schemaProblem(query)) ?? (await loginProblem(query, role))
    if (problem !== null) throw new Error(problem)
    return await work(query)
  } catch (error) {
    if (longest === undefined || (error as { code?: unknown }).code !== '57014') throw error
    throw new Error(await blockedBy(queryOn(client)), { cause: error })
  } finally {
    await client.end()
  }
}

/** Names those for whom the workers wait too: by now this session waits for no one. */
async function blockedBy(query: Query): Promise<string> {
  const blockers = await query<Blocker & Record<string, unknown>>(ALL_BLOCKERS).catch(() => [])
  const who =
    blockers.map((blocker) => describeBlocker(blocker)).join('; ') ||
    'Who holds locks: select pid, usename, application_name, state, xact_start, query from pg_stat_activity where pid in (select unnest(pg_blocking_pids(pid)) from pg_stat_activity);'
  return `The database did not answer in time: something holds a lock on Almanac's tables, or it is overloaded. ${who}`
}

/** What keeps this login from it; `null`: nothing. The owner of Almanac's schemas may do everything. */
async function loginProblem(query: Query, role: string): Promise<string | null> {
  const [login] = await query<{ name: string; may: boolean }>(
    `select session_user as name, pg_catalog.pg_has_role(session_user, $1, 'usage') or pg_catalog.pg_has_role(session_user, n.nspowner, 'usage') as may
     from pg_catalog.pg_namespace n where n.nspname = 'almanac'`,
    [role],
  )
  if (!login || login.may) return null
  return `The login ${login.name} lacks the rights of ${role}, which this needs. Set DATABASE_URL to one that has them, or ask a DBA to run: grant ${role} to ${escapeIdentifier(login.name)};`
}
