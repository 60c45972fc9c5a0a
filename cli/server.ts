import { findDatabaseUrl } from './database.ts'
import { createLog } from './log.ts'
import { runPart } from './part.ts'
import type { Settings } from './settings.ts'

/** `almanac server`. */
export async function runServer(settings: Settings): Promise<void> {
  const log = createLog('server')
  const connectionString = await findDatabaseUrl(settings)
  const directUrl = settings.directUrl ?? connectionString
  // A transaction pooler hands a session's prepared statements to others. Grafast's adaptor reads this when it is loaded.
  if (directUrl !== connectionString) process.env['DATAPLAN_PG_PREPARED_STATEMENT_CACHE_SIZE'] ??= '0'
  const { startServer } = await import('../server/main.ts')
  await runPart(
    () =>
      startServer({
        connectionString,
        directUrl,
        host: settings.host,
        port: settings.port,
        log,
      }),
    log,
  )
}
