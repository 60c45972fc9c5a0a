import type { PoolClient } from 'pg'
import type { Connections } from '../../../process/connections.ts'

/** Connections of one process, and milliseconds after which one that is not used is closed. */
const MOST = 2
const IDLE = 10_000

let connections: Promise<Connections> | null = null

/** Calls back with a connection of this process's own, which is opened when one is first asked for. */
export async function withClient<Result>(
  connectionString: () => Promise<string>,
  callback: (client: PoolClient) => Result | Promise<Result>,
): Promise<Result> {
  connections ??= connectionString().then(open)
  const { pool } = await connections
  const client = await pool.connect()
  let failure: Error | undefined
  try {
    return await callback(client)
  } catch (error) {
    // What it was in the middle of, as a transaction, ends with the connection.
    failure = error instanceof Error ? error : new Error(String(error))
    throw error
  } finally {
    client.release(failure)
  }
}

/** Closes what was opened. */
export async function endDatabase(): Promise<void> {
  const opened = await connections?.catch(() => null)
  connections = null
  await opened?.end()
}

async function open(connectionString: string): Promise<Connections> {
  const { openConnections } = await import('../../../process/connections.ts')
  return openConnections({
    connectionString,
    max: MOST,
    idleTimeoutMillis: IDLE,
    isFrugal: true,
    application_name: 'almanac isolated task',
  })
}
