import { Pool, type PoolConfig } from 'pg'
import { DatabaseClient, type Limits } from './client.ts'
import { endsWithin } from './endsWithin.ts'

/** Connections that may break without ending the process, and that can be cut. */
export interface Connections {
  readonly pool: Pool
  /** Closes them; after a moment also those whose statements have not ended, as one that waits for a lock. */
  readonly end: () => Promise<void>
}

const PATIENCE = 1_000

/** Opens a pool. */
export function openConnections(config: PoolConfig & { readonly limits?: Limits }): Connections {
  const pool = new Pool({ Client: DatabaseClient, ...config })
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
