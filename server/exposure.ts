import type { Query } from '../process/query.ts'

/** Throws if `host` would let other machines reach a server that no one has set up sign-in for. */
export async function checkExposure(query: Query, host: string): Promise<void> {
  if (isLoopback(host)) return
  const [found] = await query<{ isSetUp: boolean }>(`select almanac_private.sign_in_is_set_up() as "isSetUp"`)
  if (found?.isSetUp) return
  throw new Error(
    `HOST ${host} would let other machines reach Almanac, and sign-in is not set up yet. Run "npx almanac login-link" once, or leave HOST at 127.0.0.1.`,
  )
}

/** Whether an address is of this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}
