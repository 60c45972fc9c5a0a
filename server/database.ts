import { setTimeout as delay } from 'node:timers/promises'
import { DatabaseError, type Pool, type PoolConfig } from 'pg'
import { describeError, type Log } from '../process/log.ts'
import { DatabaseClient, type Limits } from '../process/client.ts'
import { FrugalPool } from '../process/connections.ts'
import { schemaProblem } from '../process/migrationRecord.ts'
import type { Query } from '../process/query.ts'
import { ReadTooMuch } from './limits/boundedClient.ts'

const RETRY_MS = 500
const REPEAT_EVERY = 60

/** Connections that may break without ending the process; a restart of the database is told once, not once for each of them. */
export function createPool(config: PoolConfig & { readonly limits?: Limits }, log: Log): Pool {
  const pool = new FrugalPool({ Client: DatabaseClient, ...config })
  let told = false
  const tell = (error: Error): void => {
    // One that a request's limit has ended was not lost.
    if (error instanceof ReadTooMuch) return
    if (!told && !pool.ending)
      log('warning', `Connections to the database were lost: ${describeError(error)}`)
    told = true
  }
  pool.on('connect', (client) => {
    told = false
    client.on('error', tell)
  })
  pool.on('error', tell)
  return pool
}

/**
 * Resolves once the database answers and this login may act as the server. What a restart of the database cannot heal is
 * thrown at once, with its remedy.
 */
export async function waitForDatabase(query: Query, log: Log): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await checkLogin(query)
      return
    } catch (error) {
      if (!isPassing(error)) throw error
      if (tries % REPEAT_EVERY === 0) log('warning', `Waiting for the database: ${describeError(error)}`)
      await delay(RETRY_MS)
    }
  }
}

/** What a restart of the database cannot heal. */
class Unfit extends Error {}

/** Asks what every request will ask, so that a wrong login shows now. */
async function checkLogin(query: Query): Promise<void> {
  const problem = await schemaProblem(query)
  if (problem !== null) throw new Unfit(problem)
  const isServer = await query<{ isServer: boolean }>(
    `select almanac_private.is_server_login() as "isServer", almanac_private.find_session('') is null`,
  ).then(
    ([found]) => found?.isServer,
    (error: unknown) => {
      if (error instanceof DatabaseError && error.code === '42501') return false
      throw error
    },
  )
  if (!isServer) {
    throw new Unfit(
      'The login of DATABASE_URL may not act as the server. Name it in ALMANAC_SERVER_URL and run "npx almanac migrate".',
    )
  }
}

/** Not reachable, starting, stopping, or full. */
function isPassing(error: unknown): boolean {
  if (error instanceof DatabaseError) return /^(08|53|57)/.test(error.code ?? '')
  return !(error instanceof Unfit)
}
