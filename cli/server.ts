import { findDatabaseUrl } from './database.ts'
import { limitHeap } from './heap.ts'
import { createLog, logConsole } from './log.ts'
import { WEB_FOLDER } from '../process/packageRoot.ts'
import { runPart } from './part.ts'
import type { Settings } from './settings.ts'

/** `almanac server`. */
export async function runServer(settings: Settings): Promise<void> {
  limitHeap()
  const log = createLog('server')
  logConsole(log)
  const connectionString = await findDatabaseUrl(settings)
  const directUrl = settings.directUrl ?? connectionString
  // A transaction pooler hands a session's prepared statements to others. Grafast's adaptor reads this when it is loaded.
  if (directUrl !== connectionString) process.env['DATAPLAN_PG_PREPARED_STATEMENT_CACHE_SIZE'] ??= '0'
  const { startServer } = await loadServer()
  await runPart(
    () =>
      startServer({
        connectionString,
        directUrl,
        host: settings.host,
        port: settings.port,
        publicUrl: settings.publicUrl,
        hosts: settings.hosts,
        webFolder: WEB_FOLDER,
        log,
      }),
    log,
  )
}

/** GraphQL brings most of what an installation weighs, so a machine with workers alone may leave it out. */
async function loadServer() {
  return await import('../server/main.ts').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new Error("The server's packages are not installed. Run: npm install --include=optional", {
      cause: error,
    })
  })
}
