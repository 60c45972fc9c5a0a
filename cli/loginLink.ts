import { createLoginLink } from '../server/auth/loginLink.ts'
import { findDatabaseUrl, withQuery } from './database.ts'
import type { Settings } from './settings.ts'
import { readRunning } from './start/runningFile.ts'

/** `almanac login-link`. */
export async function printLoginLink(settings: Settings, username = 'admin'): Promise<void> {
  const running = settings.databaseUrl ? null : await readRunning(settings.dataDir)
  const baseUrl = running?.url ?? webAddress(settings)
  const link = await withQuery(await findDatabaseUrl(settings), (query) =>
    createLoginLink({ query, username, baseUrl }),
  )
  process.stdout.write(`${link}\n`)
}

/** Where a browser on this machine finds the server by these settings. */
export function webAddress({ host, port }: Pick<Settings, 'host' | 'port'>): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}
