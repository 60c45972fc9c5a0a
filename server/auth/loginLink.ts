import type { Query } from '../../process/query.ts'
import { hashSecret, newSecret } from './sessions.ts'

export interface LoginLinkOptions {
  readonly query: Query
  readonly username: string
  /** Where the web client answers, without a slash at the end. */
  readonly baseUrl: string
}

/** A link that signs a user in once, within 15 minutes. The token is in the fragment: no server's log sees it. */
export async function createLoginLink({ query, username, baseUrl }: LoginLinkOptions): Promise<string> {
  const token = newSecret()
  await query(`select almanac_private.create_login_token($1, $2)`, [username, hashSecret(token)])
  return `${baseUrl}/sign-in#token=${token}`
}
