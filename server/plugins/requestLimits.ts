import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { SafeError } from 'postgraphile/grafast'
import { getOperationAST, GraphQLError, type ExecutionResult } from 'postgraphile/graphql'
import type { Result } from 'postgraphile/grafserv'
import { answerBytes } from '../limits/answerBytes.ts'
import { boundClient } from '../limits/boundedClient.ts'
import { LIMITS } from '../limits/limits.ts'
import { requestProblem } from '../limits/requestSize.ts'
import { operationCost, tooExpensive } from '../limits/operationCost.ts'
import { createPager } from '../limits/pages.ts'
import { createTurns, TooManyWait } from '../limits/turns.ts'
import { createUnread } from '../limits/unread.ts'
import type { User } from '../auth/sessions.ts'

/**
 * What keeps one request, and one user's requests, from taking the server from others: size, pages, cost, turns, bytes and
 * time. A request over HTTP has its turn from before it is parsed until its answer is there; sockets have turns of their own.
 */
export function createRequestLimitsPlugin(
  whoIs: (request: object) => User | undefined,
): GraphileConfig.Plugin {
  const requests = createTurns({
    most: LIMITS.requests,
    mostPerUser: LIMITS.requestsPerUser,
    mostWaiting: LIMITS.waitingPerUser,
    waitMs: LIMITS.requestMs,
  })
  const clients = createTurns({
    most: LIMITS.connections,
    mostPerUser: LIMITS.connectionsPerUser,
    mostWaiting: Infinity,
    waitMs: LIMITS.requestMs,
  })
  const unread = createUnread({ most: LIMITS.mostUnreadBytes, mostPerUser: LIMITS.mostUnreadBytesPerUser })
  const pagers = new WeakMap<object, ReturnType<typeof createPager>>()
  /** How each request over HTTP gives back its turn. */
  const turns = new WeakMap<object, () => void>()
  let starting = Promise.resolve()

  async function takeTurn(
    request: object,
    { req, res }: { req: IncomingMessage; res: ServerResponse },
  ): Promise<void> {
    const user = whoIs(req)
    if (!user) return
    try {
      turns.set(request, await requests.take(user.id))
    } catch (error) {
      throw error instanceof TooManyWait ? tooManyWait() : error
    }
    if (res.destroyed) throw new SafeError('The client disconnected.', { statusCode: 400 })
    await start()
  }

  /** An answer waits in memory until it is read, without a turn: anyone who does not read keeps none from others. */
  function send(result: Result | null, { req, res }: { req: IncomingMessage; res: ServerResponse }): void {
    const user = whoIs(req)
    if (!user || result?.type !== 'buffer' || res.destroyed) return
    const end = () => void req.socket.destroy()
    res.once('close', unread.add({ who: user.id, bytes: result.buffer.length, end }))
  }

  /** Parsing, planning and writing an answer keep the event loop busy: one request after the other, and whatever else waits between two. */
  const start = (): Promise<void> => (starting = starting.then(() => nextTurn(undefined)))

  return {
    name: 'AlmanacRequestLimitsPlugin',
    version: '1.0.0',
    grafserv: {
      middleware: {
        async processRequest(next, { requestDigest }) {
          try {
            const result = await next()
            const { node } = requestDigest.requestContext
            if (node) send(result, node)
            return result
          } finally {
            turns.get(requestDigest)?.()
          }
        },
        async processGraphQLRequestBody(next, { body, request }) {
          const node = request?.requestContext.node
          if (request && node) await takeTurn(request, node)
          const problem = requestProblem(body.query, body.variableValues)
          if (problem !== undefined) throw new SafeError(problem, { statusCode: 400, code: 'TOO_EXPENSIVE' })
          return next()
        },
      },
    },
    grafast: {
      middleware: {
        async execute(next, { args }) {
          const { schema, document, operationName, variableValues } = args
          const contextValue = args.contextValue as Grafast.Context
          const operation = getOperationAST(document, operationName)
          if (!operation) return next()
          const variables = variableValues ?? {}
          const pager = pagers.get(schema) ?? createPager(schema)
          pagers.set(schema, pager)
          args.document = pager(document, variables, operation)
          const paged = getOperationAST(args.document, operationName) ?? operation
          try {
            const cost = operationCost(schema, args.document, paged, variables)
            if (cost > LIMITS.mostCost) throw tooExpensive(cost)
          } catch (error) {
            if (error instanceof GraphQLError) return { errors: [error] }
            throw error
          }

          const user = String(contextValue.pgSettings?.['jwt.claims.user_id'])
          const { withPgClient } = contextValue
          if (withPgClient) contextValue.withPgClient = boundClient(withPgClient, user, clients)
          await start()
          const answer = await next()
          // Answers that came together are written one after the other, too.
          await start()
          return boundAnswer(answer)
        },
      },
    },
  }
}

function tooManyWait(): SafeError {
  return new SafeError(
    `Too many of your requests are waiting: at most ${LIMITS.waitingPerUser} may, for ${LIMITS.requestMs / 1000} seconds each. Wait for answers before you send more.`,
    { statusCode: 429, code: 'TOO_MANY_REQUESTS' },
  )
}

function boundAnswer<Answer>(answer: Answer): Answer | ExecutionResult {
  const { data } = answer as ExecutionResult
  if (answerBytes(data, LIMITS.mostAnswerBytes) <= LIMITS.mostAnswerBytes) return answer
  const message = `The answer would be larger than ${LIMITS.mostAnswerBytes / 1e6} MB. Request smaller pages (first: …), or fewer fields.`
  return { errors: [new GraphQLError(message, { extensions: { code: 'TOO_LARGE' } })] }
}
