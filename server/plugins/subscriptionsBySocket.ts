import { SafeError } from 'postgraphile/grafast'
import { getOperationAST, OperationTypeNode, parse, type DocumentNode } from 'postgraphile/graphql'

/**
 * Refuses subscriptions over HTTP, before anything is planned: a response that never ends is counted with no one's sockets,
 * and outlives the session that asked for it.
 */
export const SubscriptionsBySocketPlugin: GraphileConfig.Plugin = {
  name: 'AlmanacSubscriptionsBySocketPlugin',
  version: '1.0.0',
  grafserv: {
    middleware: {
      async processGraphQLRequestBody(next, { body, request }) {
        // Its size is checked first.
        await next()
        if (request?.requestContext.node && isSubscription(body.query, body.operationName))
          throw new SafeError('Subscriptions need a WebSocket, at the same address.', {
            statusCode: 400,
            code: 'NEEDS_WEBSOCKET',
          })
      },
    },
  },
}

function isSubscription(query: unknown, operationName: unknown): boolean {
  if (typeof query !== 'string' || !query.includes('subscription')) return false
  let document: DocumentNode
  try {
    document = parse(query)
  } catch {
    // GraphQL says what is wrong with it.
    return false
  }
  const operation = getOperationAST(document, typeof operationName === 'string' ? operationName : null)
  return operation?.operation === OperationTypeNode.SUBSCRIPTION
}
