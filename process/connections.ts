import { setTimeout as pause } from 'node:timers/promises'
import { Pool, type PoolClient, type PoolConfig } from 'pg'
import { DatabaseClient, type Limits } from './client.ts'
import { endsWithin } from './endsWithin.ts'

/** Connections that may break without ending the process, and that can be cut. */
export interface Connections {
  readonly pool: Pool
  /** Closes them; after a moment also those whose statements have not ended, as one that waits for a lock. */
  readonly end: () => Promise<void>
}

const PATIENCE = 1_000
/** How long a pool that has connections waits for one of them where PostgreSQL gives it no further one, and how often it looks. */
const LONGEST_WAIT = 30_000
const WAIT = 50

/**
 * A pool that makes do with the connections it has where there are no more, because others have used them up: it would
 * otherwise fail anyone who asks, though one of its own is free at once.
 */
export class FrugalPool extends Pool {
  override connect(): Promise<PoolClient>
  override connect(callback: Parameters<Pool['connect']>[0]): void
  override connect(callback?: Parameters<Pool['connect']>[0]): Promise<PoolClient> | void {
    const connected = this.#connect()
    if (!callback) return connected
    connected.then(
      (client) => callback(undefined, client, (error?: Error | boolean) => client.release(error)),
      (error: unknown) => callback(error as Error, undefined, () => undefined),
    )
  }

  async #connect(): Promise<PoolClient> {
    const patience = AbortSignal.timeout(LONGEST_WAIT)
    for (;;) {
      try {
        return await super.connect()
      } catch (error) {
        const isFull = error instanceof Error && 'code' in error && error.code === '53300'
        if (!isFull || this.totalCount === 0 || this.ending || patience.aborted) throw error
        await pause(WAIT)
      }
    }
  }
}

/** Opens a pool. `isFrugal`: where PostgreSQL gives it no further connection, it waits for one of its own. */
export function openConnections({
  isFrugal = false,
  ...config
}: PoolConfig & { readonly limits?: Limits; readonly isFrugal?: boolean }): Connections {
  const pool = new (isFrugal ? FrugalPool : Pool)({ Client: DatabaseClient, ...config })
  const clients = new Set<unknown>()
  pool.on('error', () => undefined)
  pool.on('connect', (client) => clients.add(client))
  pool.on('remove', (client) => clients.delete(client))

  return {
    pool,
    async end() {
      if (await endsWithin(PATIENCE, pool.end())) return
      // Ending a client in the middle of a statement cuts it off.
      for (const client of clients)
        if (client instanceof DatabaseClient) void client.end().catch(() => undefined)
    },
  }
}
