import { setTimeout as delay } from 'node:timers/promises'
import type { Query } from '../process/query.ts'

/**
 * Asks the database how it is: null if it fails to answer within that many milliseconds. Who asks while it is being
 * asked shares the answer: /healthz needs no sign-in, and a flood of it must not take the connections that signing in
 * needs.
 */
export function createHealth(query: Query, withinMs: number): () => Promise<object | null> {
  let looking: Promise<object | null> | null = null

  async function look(): Promise<object | null> {
    const late = new AbortController()
    try {
      const rows = await Promise.race([
        query<{ health: object }>('select almanac_private.health() as health'),
        delay(withinMs, [], { signal: late.signal }),
      ])
      return rows[0]?.health ?? null
    } catch {
      return null
    } finally {
      late.abort()
      looking = null
    }
  }

  return () => (looking ??= look())
}
