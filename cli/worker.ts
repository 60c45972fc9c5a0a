import { startWorker } from '../worker/main.ts'
import { findDatabaseUrl } from './database.ts'
import { createLog } from './log.ts'
import { runPart } from './part.ts'
import type { Settings } from './settings.ts'

/** `almanac worker`. */
export async function runWorker(settings: Settings): Promise<void> {
  const log = createLog('worker')
  const connectionString = await findDatabaseUrl(settings)
  await runPart(
    () =>
      startWorker({
        connectionString,
        directUrl: settings.directUrl ?? connectionString,
        ...(settings.sqlUrl ? { sqlUrl: settings.sqlUrl } : {}),
        concurrency: settings.concurrency,
        sqlConnections: settings.sqlConnections,
        taskDirectory: settings.tasksDir,
        log,
      }),
    log,
  )
}
