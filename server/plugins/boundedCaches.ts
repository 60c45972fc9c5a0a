import type { OperationPlan } from 'postgraphile/grafast'
import {
  Kind,
  parse,
  Source,
  validate,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'postgraphile/graphql'
import { LIMITS } from '../limits/limits.ts'
import { createWeighedCache } from '../limits/weighedCache.ts'

/** About what is kept of an operation, in bytes: measured, and rather too much. */
const BYTES = {
  /** Of each character, in the document's nodes and words. */
  character: 150,
  /** Of a field with fields of its own: the steps of its plan. The most are a mutation's. */
  composite: 50_000,
  leaf: 2_000,
}

/**
 * Documents that were checked and operations that were planned are kept, as the client sends the same ones again. Both caches
 * are bound by what they weigh: entries alone may each take a hundred times what one of the client's does.
 */
export function createBoundedCachesPlugin(): GraphileConfig.Plugin {
  const weighed = new WeakSet<OperationPlan>()
  let kept = 0

  function keep(schema: GraphQLSchema, bytes: number): void {
    kept += bytes
    if (kept <= LIMITS.mostPlanBytes) return
    forgetPlans(schema)
    kept = 0
  }

  return {
    name: 'AlmanacBoundedCachesPlugin',
    version: '1.0.0',
    grafserv: {
      middleware: {
        setPreset(next, event) {
          const original = event.getExecutionConfig
          const parsers = new WeakMap<GraphQLSchema, Parser>()
          event.getExecutionConfig = async function (context) {
            const config = await original.call(this, context)
            const parser = parsers.get(config.schema) ?? createParser(config.schema, event.validationRules)
            parsers.set(config.schema, parser)
            return { ...config, parseAndValidate: parser }
          }
          return next()
        },
      },
    },
    grafast: {
      middleware: {
        establishOperationPlan(next, { schema, operation, fragments }) {
          let plan: OperationPlan | undefined
          try {
            plan = next()
            return plan
          } finally {
            // What cannot be planned is kept, too, with its error.
            if (!plan || !weighed.has(plan)) keep(schema, bytesOfPlan(operation, fragments))
            if (plan) weighed.add(plan)
          }
        },
      },
    },
  }
}

type Parser = (
  query: string,
) => { errors: GraphQLError[]; document?: never } | { document: DocumentNode; errors?: never }

/** Checks documents. One that is refused is not kept: each of its errors holds all of it. */
function createParser(schema: GraphQLSchema, rules: Parameters<typeof validate>[2]): Parser {
  const documents = createWeighedCache<DocumentNode>(LIMITS.mostDocumentBytes)

  return (query) => {
    const known = documents.get(query)
    if (known) return { document: known }
    let document: DocumentNode
    try {
      document = parse(new Source(query, 'GraphQL'))
    } catch (error) {
      return { errors: [error as GraphQLError] }
    }
    const errors = validate(schema, document, rules)
    if (errors.length > 0) return { errors: [...errors] }
    documents.set(query, document, query.length * BYTES.character)
    return { document }
  }
}

/** Grafast keeps its caches under symbols of its own, next to their bounds. */
function forgetPlans(schema: GraphQLSchema): void {
  const grafast = Object.fromEntries(Object.entries(schema.extensions.grafast ?? {}))
  Object.assign(schema.extensions, { grafast })
}

function bytesOfPlan(
  operation: OperationDefinitionNode,
  fragments: Readonly<Record<string, FragmentDefinitionNode>>,
): number {
  function bytesOf({ selections }: SelectionSetNode): number {
    let bytes = 0
    for (const selection of selections) {
      const inside =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? fragments[selection.name.value]?.selectionSet
          : selection.selectionSet
      if (selection.kind === Kind.FIELD) bytes += inside ? BYTES.composite : BYTES.leaf
      if (inside) bytes += bytesOf(inside)
    }
    return bytes
  }
  return bytesOf(operation.selectionSet) + (operation.loc?.source.body.length ?? 0) * BYTES.character
}
