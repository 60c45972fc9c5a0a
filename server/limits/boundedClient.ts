import type { Duplex } from 'node:stream'
import { GraphQLError } from 'postgraphile/graphql'
import { LIMITS } from './limits.ts'
import { createTurns, type Turns } from './turns.ts'

type WithPgClient = NonNullable<Grafast.Context['withPgClient']>
type Settings = Parameters<WithPgClient>[0]

/** Ends a connection on which more arrives than a request may read. */
export class ReadTooMuch extends GraphQLError {
  constructor() {
    super(
      `The rows of this request exceed ${LIMITS.mostReadBytes / 1e6} MB. Request smaller pages (first: …), or leave out payload, result and error.`,
      { extensions: { code: 'TOO_LARGE' } },
    )
  }
}

/**
 * The way of one request to the database: two connections at most, in its user's turn, and no more time and bytes than a
 * request has. Bytes count as they arrive, since a single row may be larger than the server's memory.
 */
export function boundClient(original: WithPgClient, user: string, turns: Turns): WithPgClient {
  const own = createTurns({
    most: LIMITS.connectionsPerRequest,
    mostPerUser: LIMITS.connectionsPerRequest,
    mostWaiting: Infinity,
    waitMs: LIMITS.requestMs,
  })
  const deadline = performance.now() + LIMITS.requestMs
  let bytes = 0

  const bounded = async (settings: Settings, callback: Parameters<WithPgClient>[1]): Promise<unknown> => {
    const ownTurn = await own.take('').catch(() => {
      throw tooLong()
    })
    const turn = await turns.take(user).catch(() => {
      ownTurn()
      throw tooLong()
    })
    let failure: ReadTooMuch | undefined
    try {
      if (bytes > LIMITS.mostReadBytes) throw new ReadTooMuch()
      const left = Math.round(deadline - performance.now())
      if (left <= 0) throw tooLong()
      return await original({ ...settings, statement_timeout: `${left}ms` }, async (client) => {
        const stream = streamOf(client)
        const count = (chunk: Buffer): void => {
          bytes += chunk.length
          if (bytes <= LIMITS.mostReadBytes || failure) return
          failure = new ReadTooMuch()
          stream?.destroy(failure)
        }
        stream?.on('data', count)
        try {
          return await callback(client)
        } finally {
          stream?.off('data', count)
        }
      })
    } catch (error) {
      throw failure ?? error
    } finally {
      turn()
      ownTurn()
    }
  }
  return Object.assign(bounded, { release: () => original.release?.() }) as WithPgClient
}

function tooLong(): GraphQLError {
  return new GraphQLError(
    `This request took longer than ${LIMITS.requestMs / 1000} seconds. Request less at a time.`,
    { extensions: { code: '57014' } },
  )
}

function streamOf(client: object): Duplex | undefined {
  return (client as { rawClient?: { connection?: { stream?: Duplex } } }).rawClient?.connection?.stream
}
