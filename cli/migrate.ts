import { findDatabaseUrl } from './database.ts'
import { createLog } from './log.ts'
import { applyMigrations, type MigrationOptions } from './migrations.ts'
import type { Settings } from './settings.ts'

/** `almanac migrate`. */
export async function migrate(
  settings: Settings,
  choices: Pick<MigrationOptions, 'withCurrent' | 'upgradeGraphileWorker'>,
): Promise<void> {
  const log = createLog()
  const tell = (message: string) => log('info', message)
  const { serverUrl, workerUrl, sqlUrl } = settings
  await applyMigrations({
    connectionString: settings.directUrl ?? (await findDatabaseUrl(settings)),
    ...choices,
    logins: { serverUrl, workerUrl, sqlUrl, log: tell },
    log: tell,
  })
  log('info', 'The database is up to date.')
}
