import { escapeIdentifier } from 'pg'
import { startWorker } from '../worker/main.ts'
import type { Query } from '../worker/query.ts'
import { findDatabaseUrl, withQuery } from './database.ts'
import { guardProcess } from './guardProcess.ts'
import { createLog } from './log.ts'
import { runPart } from './part.ts'
import type { Settings } from './settings.ts'

/** `almanac worker`. */
export async function runWorker(settings: Settings): Promise<void> {
  const log = createLog('worker')
  const connectionString = await findDatabaseUrl(settings)
  await withQuery(connectionString, checkLogin)
  const crashed = guardProcess(log)
  await runPart(async () => {
    const worker = await startWorker({
      connectionString,
      directUrl: settings.directUrl ?? connectionString,
      ...(settings.sqlUrl ? { sqlUrl: settings.sqlUrl } : {}),
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

/** Without these rights a worker would take jobs and record nothing. */
async function checkLogin(query: Query): Promise<void> {
  const [login] = await query<{ name: string; isWorker: boolean }>(
    `select session_user as name, pg_catalog.pg_has_role(session_user, 'almanac_worker', 'usage') as "isWorker"`,
  )
  if (login?.isWorker) return
  throw new Error(
    `The login ${login?.name} of DATABASE_URL may not act as a worker. Name it in ALMANAC_WORKER_URL and run "npx almanac migrate", or let a DBA run: grant almanac_worker to ${escapeIdentifier(login?.name ?? '')};`,
  )
}
