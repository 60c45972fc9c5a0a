import type { ClientConfig } from 'pg'
import { withLogin } from './databaseUrl.ts'
import type { Query } from './query.ts'

/** How `almanac:sql` logs in: ALMANAC_SQL_URL, else the login that migrate made, on the worker's own database. */
export async function sqlLogin({
  query,
  sqlUrl,
  connectionString,
}: {
  query: Query
  sqlUrl: string | undefined
  connectionString: string
}): Promise<ClientConfig> {
  if (sqlUrl) return { connectionString: sqlUrl }
  const [login] = await query<{ role_name: string; password: string | null }>(
    `select role_name, password from almanac_private.logins
     where purpose = 'sql' and role_key = almanac_private.login_key(role_name) order by role_name limit 1`,
  )
  if (!login?.password) {
    throw new Error(
      'almanac:sql has no login. Run "npx almanac migrate", which makes it. Set ALMANAC_SQL_URL, where it may not, to the URL of a login with the rights that statements may use.',
    )
  }
  return {
    connectionString: withLogin(connectionString, { name: login.role_name, password: login.password }),
  }
}
