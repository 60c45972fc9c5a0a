import { getOperationAST, GraphQLError, OperationTypeNode } from 'postgraphile/graphql'

/**
 * Refuses subscriptions over HTTP: a response that never ends is counted with no one's sockets, and outlives the session
 * that asked for it.
 */
export const SubscriptionsBySocketPlugin: GraphileConfig.Plugin = {
  name: 'AlmanacSubscriptionsBySocketPlugin',
  version: '1.0.0',
  grafast: {
    middleware: {
      prepareArgs(next, { args: { document, operationName, requestContext } }) {
        const operation = getOperationAST(document, operationName)?.operation
        if (operation === OperationTypeNode.SUBSCRIPTION && !requestContext?.ws)
          throw new GraphQLError('Subscriptions go over a WebSocket, at the same address.')
        return next()
      },
    },
  },
}
