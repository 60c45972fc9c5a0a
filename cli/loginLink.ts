import { addressOf } from '../server/address.ts'
import { createLoginLink } from '../server/auth/loginLink.ts'
import type { Query } from '../process/query.ts'
import { findDatabaseUrl, withQuery } from './database.ts'
import type { Settings } from './settings.ts'

/** `almanac login-link`. */
export async function printLoginLink(settings: Settings, username = 'admin'): Promise<void> {
  const link = await withQuery(
    await findDatabaseUrl(settings),
    async (query) => createLoginLink({ query, username, baseUrl: await findServer(query, settings) }),
    'almanac_server',
  )
  process.stdout.write(`${link}\n`)
}

/**
 * Where the server is: where HOST or PORT say, where they are set; otherwise where the one that started last said it
 * is.
 */
export async function findServer(
  query: Query,
  { host, port, isAddressSet, publicUrl }: Pick<Settings, 'host' | 'port' | 'isAddressSet' | 'publicUrl'>,
): Promise<string> {
  if (publicUrl) return publicUrl
  if (isAddressSet) return addressOf(host, port)
  const [found] = await query<{ url: string | null }>('select almanac_private.server_url() as url')
  return found?.url ?? addressOf(host, port)
}
