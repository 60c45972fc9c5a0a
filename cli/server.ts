import { startServer } from '../server/main.ts'
import { findDatabaseUrl } from './database.ts'
import { createLog } from './log.ts'
import { runPart } from './part.ts'
import type { Settings } from './settings.ts'

/** `almanac server`. */
export async function runServer(settings: Settings): Promise<void> {
  const log = createLog('server')
  const connectionString = await findDatabaseUrl(settings)
  await runPart(
    () =>
      startServer({
        connectionString,
        directUrl: settings.directUrl ?? connectionString,
        host: settings.host,
        port: settings.port,
        log,
      }),
    log,
  )
}
