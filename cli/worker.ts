import { startWorker } from '../worker/main.ts'
import { findDatabaseUrl, withQuery } from './database.ts'
import { guardProcess } from './guardProcess.ts'
import { createLog } from './log.ts'
import { runPart } from './part.ts'
import { forgetSecrets, withPassword } from './secrets.ts'
import type { Settings } from './settings.ts'

/** `almanac worker`. */
export async function runWorker(settings: Settings): Promise<void> {
  const log = createLog('worker')
  const known = (url: string) => withPassword(url, process.env)
  const connectionString = known(await findDatabaseUrl(settings))
  const directUrl = settings.directUrl ? known(settings.directUrl) : connectionString
  const sqlUrl = settings.sqlUrl ? known(settings.sqlUrl) : undefined
  await withQuery(connectionString, () => Promise.resolve(), 'almanac_worker')
  const crashed = guardProcess(log)
  forgetSecrets(process.env)
  await runPart(async () => {
    const worker = await startWorker({
      connectionString,
      directUrl,
      ...(sqlUrl ? { sqlUrl } : {}),
      ...(settings.environment ? { environment: settings.environment } : {}),
      concurrency: settings.concurrency,
      sqlConnections: settings.sqlConnections,
      http: settings.http,
      email: settings.email,
      taskDirectory: settings.tasksDir,
      ...(settings.schedulesFile ? { schedules: settings.schedulesFile } : {}),
      ...(settings.schedulesVersion ? { schedulesVersion: settings.schedulesVersion } : {}),
      busyLimit: settings.busyLimit,
      ownsProcess: true,
      log,
    })
    return { failed: Promise.race([worker.failed, crashed]), close: () => worker.close() }
  }, log)
}
