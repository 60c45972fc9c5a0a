import { PgSimplifyInflectionPreset } from '@graphile/simplify-inflection'
import type { Pool } from 'pg'
import { makePgService } from 'postgraphile/adaptors/pg'
import { GraphQLError } from 'postgraphile/graphql'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'
import { PostGraphileConnectionFilterPreset } from 'postgraphile-plugin-connection-filter'
import type { Log } from '../process/log.ts'
import type { User } from './auth/sessions.ts'
import { createMaskError } from './errors.ts'
import { LIMITS } from './limits/limits.ts'
import { createBoundedCachesPlugin } from './plugins/boundedCaches.ts'
import { BoundedCountsPlugin } from './plugins/boundedCounts.ts'
import { ChangesPlugin } from './plugins/changes.ts'
import { CompressedAnswersPlugin } from './plugins/compressedAnswers.ts'
import { GRAPHIQL_FILES, GraphiqlPlugin } from './plugins/graphiql.ts'
import { JsonDepthPlugin } from './plugins/jsonDepth.ts'
import { NamesPlugin } from './plugins/names.ts'
import { OperationSizePlugin } from './plugins/operationSize.ts'
import { OrdersPlugin } from './plugins/orders.ts'
import { createRequestLimitsPlugin } from './plugins/requestLimits.ts'
import { SmartTagsPlugin } from './plugins/smartTags.ts'
import { SubscriptionsBySocketPlugin } from './plugins/subscriptionsBySocket.ts'
import type { Subscriber } from './subscriber.ts'

export interface PresetOptions {
  /** Closed by its creator. */
  readonly pool: Pool
  readonly subscriber: Subscriber | null
  /** Who sends a request, by its HTTP message; the upgrade request for sockets. */
  readonly whoIs: (request: object) => User | undefined
  readonly log: Log
}

/** The GraphQL API: the schema `almanac`, as the signed-in user's role may use it. */
export function createPreset({ pool, subscriber, whoIs, log }: PresetOptions): GraphileConfig.Preset {
  return {
    extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset, PostGraphileConnectionFilterPreset],
    plugins: [
      // Around all others: a turn ends, and bytes are counted, when an answer is as it will be sent.
      createRequestLimitsPlugin(whoIs),
      createBoundedCachesPlugin(),
      BoundedCountsPlugin,
      ChangesPlugin,
      CompressedAnswersPlugin,
      GraphiqlPlugin,
      JsonDepthPlugin,
      NamesPlugin,
      OperationSizePlugin,
      OrdersPlugin,
      SmartTagsPlugin,
      SubscriptionsBySocketPlugin,
    ],
    // Every column can be filtered and ordered by, indexed or not.
    disablePlugins: ['PgIndexBehaviorsPlugin'],
    pgServices: [
      makePgService({
        pool,
        schemas: ['almanac'],
        pubsub: subscriber !== null,
        ...(subscriber && { pgSubscriber: subscriber }),
      }),
    ],
    schema: { pgForbidSetofFunctionsToReturnNull: true, connectionFilterAllowEmptyObjectInput: true },
    gather: { pgStrictFunctions: false },
    grafast: {
      context: (requestContext) => {
        const request = requestContext.ws?.request ?? requestContext.node?.req
        const user = request && whoIs(request)
        if (!user) throw new GraphQLError('No one is signed in.', { extensions: { code: 'UNAUTHENTICATED' } })
        return {
          pgSettings: {
            role: `almanac_${user.role}`,
            'jwt.claims.user_id': user.id,
            statement_timeout: '30s',
          },
        }
      },
    },
    grafserv: {
      graphqlPath: '/graphql',
      graphiql: true,
      graphiqlPath: '/graphql',
      graphiqlStaticPath: GRAPHIQL_FILES,
      websockets: true,
      maxRequestLength: LIMITS.mostRequestBytes,
      allowedRequestContentTypes: ['application/json'],
      maskError: createMaskError(log),
    },
  }
}
