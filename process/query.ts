import type { ClientBase, Pool, QueryResultRow } from 'pg'
import { setTimeout as delay } from 'node:timers/promises'
import { describeError, type Log } from './log.ts'

/** Runs one statement and returns its rows. */
export type Query = <Row extends QueryResultRow>(text: string, values?: unknown[]) => Promise<Row[]>

/**
 * Statements on this connection, or on one of this pool. `within`: milliseconds after which a connection that has not
 * answered is taken for lost, though it may be that no one has closed it.
 */
export function queryOn(connection: ClientBase | Pool, within?: number): Query {
  return async <Row extends QueryResultRow>(text: string, values?: unknown[]) => {
    const statement = { text, values: values ?? [], ...(within !== undefined && { query_timeout: within }) }
    return (await connection.query<Row>(statement)).rows
  }
}

const SHORTEST_WAIT = 50

/** SQLSTATE classes that say the values given are at fault, so that the same call can never succeed. */
const REFUSALS = /^(?:21|22|23|54|P0|AL)/

/** Whether the database refused the values themselves. */
export function isRefusal(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && REFUSALS.test(error.code)
  )
}

/** Whether it waited for a lock as long as it may: the next try waits again, and has the lock once it is free. */
export function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '55P03'
}

/** Milliseconds to wait before try number `tries` + 1. */
export function backoff(tries: number, longest = 5_000): number {
  return Math.min(longest, SHORTEST_WAIT * 2 ** Math.min(tries, 20))
}

/** Repeats `work` until the database answers it: what must reach the ledger outlives a restart of the database. */
export async function persist<T>(
  what: string,
  work: () => Promise<T>,
  {
    log,
    signal,
    isFinal = isRefusal,
  }: { log: Log; signal: AbortSignal; isFinal?: (error: unknown) => boolean },
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (signal.aborted || isFinal(error)) throw error
      const wait = isLockTimeout(error) ? SHORTEST_WAIT : backoff(tries)
      log('warning', `${what} failed; next try in ${wait} ms: ${describeError(error)}`)
      await delay(wait, undefined, { signal }).catch(() => undefined)
    }
  }
}
