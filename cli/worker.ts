import { startWorker } from '../worker/main.ts'
import { findDatabaseUrl, withQuery } from './database.ts'
import { guardProcess } from './guardProcess.ts'
import { createLog } from './log.ts'
import { runPart } from './part.ts'
import type { Settings } from './settings.ts'

/** `almanac worker`. */
export async function runWorker(settings: Settings): Promise<void> {
  const log = createLog('worker')
  const connectionString = await findDatabaseUrl(settings)
  await withQuery(connectionString, () => Promise.resolve(), 'almanac_worker')
  const crashed = guardProcess(log)
  await runPart(async () => {
    const worker = await startWorker({
      connectionString,
      directUrl: settings.directUrl ?? connectionString,
      ...(settings.sqlUrl ? { sqlUrl: settings.sqlUrl } : {}),
      ...(settings.environment ? { environment: settings.environment } : {}),
      concurrency: settings.concurrency,
      sqlConnections: settings.sqlConnections,
      taskDirectory: settings.tasksDir,
      busyLimit: settings.busyLimit,
      ownsProcess: true,
      log,
    })
    return { failed: Promise.race([worker.failed, crashed]), close: () => worker.close() }
  }, log)
}
