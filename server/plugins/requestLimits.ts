import { setImmediate as nextTurn } from 'node:timers/promises'
import { getOperationAST, GraphQLError, type ExecutionResult } from 'postgraphile/graphql'
import { answerBytes } from '../limits/answerBytes.ts'
import { boundClient } from '../limits/boundedClient.ts'
import { LIMITS } from '../limits/limits.ts'
import { operationCost, tooExpensive } from '../limits/operationCost.ts'
import { createPager } from '../limits/pages.ts'
import { createTurns, TooManyWait } from '../limits/turns.ts'

/** What keeps one request, and one user's requests, from taking the server from others: pages, cost, turns, bytes and time. */
export function createRequestLimitsPlugin(): GraphileConfig.Plugin {
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
  const pagers = new WeakMap<object, ReturnType<typeof createPager>>()
  let starting = Promise.resolve()

  /** Planning and writing an answer keep the event loop busy: one request after the other, and whatever else waits between two. */
  const start = (): Promise<void> => (starting = starting.then(() => nextTurn(undefined)))

  return {
    name: 'AlmanacRequestLimitsPlugin',
    version: '1.0.0',
    schema: {
      hooks: {
        // A large plan takes some megabytes, and the client has some forty operations.
        GraphQLSchema: (config) => ({
          ...config,
          extensions: {
            ...config.extensions,
            grafast: {
              ...config.extensions?.grafast,
              queryCacheMaxLength: 100,
              operationsCacheMaxLength: 60,
              operationOperationPlansCacheMaxLength: 4,
            },
          },
        }),
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
          let giveBack: () => void
          try {
            giveBack = await requests.take(user)
          } catch (error) {
            if (error instanceof TooManyWait) return { errors: [tooManyWait()] }
            throw error
          }
          try {
            await start()
            const { withPgClient } = contextValue
            if (withPgClient) contextValue.withPgClient = boundClient(withPgClient, user, clients)
            const answer = await next()
            // Answers that came together are written one after the other, too.
            await start()
            return boundAnswer(answer)
          } finally {
            giveBack()
          }
        },
      },
    },
  }
}

function tooManyWait(): GraphQLError {
  return new GraphQLError(
    `Too many of your requests wait: at most ${LIMITS.waitingPerUser}, and each ${LIMITS.requestMs / 1000} seconds. Wait for answers before you ask for more.`,
    { extensions: { code: 'TOO_MANY_REQUESTS' } },
  )
}

function boundAnswer<Answer>(answer: Answer): Answer | ExecutionResult {
  const { data } = answer as ExecutionResult
  if (answerBytes(data, LIMITS.mostAnswerBytes) <= LIMITS.mostAnswerBytes) return answer
  const message = `The answer would take more than ${LIMITS.mostAnswerBytes / 1e6} MB. Ask for smaller pages (first: …), or for fewer fields.`
  return { errors: [new GraphQLError(message, { extensions: { code: 'TOO_LARGE' } })] }
}
