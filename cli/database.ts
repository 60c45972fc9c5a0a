import { DatabaseClient } from '../worker/client.ts'
import { queryOn, type Query } from '../worker/query.ts'
import { connectionStringOf } from './embedded/cluster.ts'
import { schemaProblem } from './migrationRecord.ts'
import type { Settings } from './settings.ts'
import { readRunning } from './start/runningFile.ts'

/** The URL of the database in use: DATABASE_URL, or that of the embedded one, which must be running. */
export async function findDatabaseUrl(settings: Settings): Promise<string> {
  if (settings.databaseUrl) return settings.databaseUrl
  const url = (await readRunning(settings.dataDir)) ? await connectionStringOf(settings.dataDir) : null
  if (url === null) {
    throw new Error(
      `DATABASE_URL is not set, and no embedded database runs in ${settings.dataDir}. Start it with "npm start", or set DATABASE_URL.`,
    )
  }
  return url
}

/** Opens one connection for the time of `work`; a database that is not of this program's version is refused. */
export async function withQuery<Result>(
  connectionString: string,
  work: (query: Query) => Promise<Result>,
): Promise<Result> {
  const client = new DatabaseClient({ connectionString, application_name: 'almanac' })
  await client.connect()
  try {
    const query = queryOn(client)
    const problem = await schemaProblem(query)
    if (problem !== null) throw new Error(problem)
    return await work(query)
  } finally {
    await client.end()
  }
}
