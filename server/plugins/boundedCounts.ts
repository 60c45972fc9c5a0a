import type { PgSelectStep } from 'postgraphile/@dataplan/pg'
import { constant, lambda, type ConnectionStep, type ExecutableStep } from 'postgraphile/grafast'
import { LIMITS } from '../limits/limits.ts'

interface LayerPlan {
  readonly reason: {
    readonly type: string
    readonly parentLayerPlan?: LayerPlan
    readonly parentLayerPlans?: readonly LayerPlan[]
  }
}

type Connection = ConnectionStep<never, never, never, never> & {
  /** Where in the operation it is; Grafast's types leave it out. */
  readonly layerPlan: LayerPlan
  cloneSubplanWithoutPagination(mode: 'aggregate'): PgSelectStep
}

const TOLD = `The total number of rows, whatever the page. Of a table, at most ${LIMITS.mostCounted} are counted: ${LIMITS.mostCounted + 1} means that there are more.`

/** Counts no more rows of a table than anyone reads: of millions of runs, that took seconds. Those of one row have an index. */
export const BoundedCountsPlugin: GraphileConfig.Plugin = {
  name: 'AlmanacBoundedCountsPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      GraphQLObjectType_fields_field(field, _build, { scope }) {
        const { plan } = field
        if (!scope.isPgConnectionTotalCountField || !plan) return field
        return {
          ...field,
          description: TOLD,
          plan($connection: Connection, args, info) {
            if (isInList($connection.layerPlan)) return plan($connection, args, info) as ExecutableStep
            // By way of a count, which has neither the pages nor the order of the rows.
            const $rows = $connection.cloneSubplanWithoutPagination('aggregate').clone('normal')
            $rows.setFirst(constant(LIMITS.mostCounted + 1))
            return lambda($rows.items(), (rows) => (rows as readonly unknown[]).length)
          },
        }
      },
    },
  },
}

/** Whether it is done for each row of a list. */
function isInList({ reason: { type, parentLayerPlan, parentLayerPlans = [] } }: LayerPlan): boolean {
  const parents = parentLayerPlan ? [parentLayerPlan] : parentLayerPlans
  return type === 'listItem' || parents.some(isInList)
}
