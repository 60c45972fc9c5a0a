import {
  getNamedType,
  getNullableType,
  GraphQLError,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'postgraphile/graphql'
import { LIMITS } from './limits.ts'
import { isConnection, isFunctionList, numberOf, type Variables } from './pages.ts'

/** What a call costs besides its rows: about 1 for each 20 µs of PostgreSQL's time on a large installation. */
const CALLS: Readonly<Record<string, number>> = {
  'Query.calendar': 5_000,
  'Query.checkLedger': 5_000,
  'Query.excludedTimes': 2_000,
  'Query.occurrences': 2_000,
  'Query.previewChange': 2_000,
  'Query.preview': 500,
  'Query.upcoming': 500,
  'Query.why': 500,
  'Query.nextRunAt': 100,
  'Query.checkCron': 100,
  'Query.__schema': 20_000,
  'Query.__type': 1_000,
  'Run.blockedBecause': 10,
  'Schedule.warning': 10,
}
/** `totalCount` of all rows, and of those that belong to one row: by an index. */
const COUNT_OF_TABLE = 1_000
const COUNT_OF_RELATION = 20
const MUTATION = 1_000
/** A list, however few rows: planning it keeps the server from all else for some milliseconds, and its plan is kept. */
const LIST = 2_500
/** Rows that a function is taken to give when it is not told how many. */
const UNTOLD_ROWS = 500

/**
 * How many values an operation may give, expensive calls counted higher: each field once for each row it appears in, so page
 * sizes multiply. Throws for a page above the limit. Nothing here is exact, nor need it be: what PostgreSQL sends and what
 * the answer weighs have bounds of their own.
 */
export function operationCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): number {
  let lists = 0
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)

  /** Of what stands in one object; `page`: rows of the lists directly in it; `isOfTable`: it is a table's connection. */
  function costOf(
    { selections }: SelectionSetNode,
    type: GraphQLNamedType | undefined,
    page: number,
    isOfTable = false,
  ): number {
    let cost = 0
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(selection.name.value)
        if (fragment)
          cost += costOf(
            fragment.selectionSet,
            schema.getType(fragment.typeCondition.name.value),
            page,
            isOfTable,
          )
        continue
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const on = selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : type
        cost += costOf(selection.selectionSet, on, page, isOfTable)
        continue
      }
      const name = selection.name.value
      const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined
      if (name === 'totalCount') cost += isOfTable ? COUNT_OF_TABLE : COUNT_OF_RELATION
      else if (type === schema.getMutationType()) cost += MUTATION
      else cost += CALLS[`${type?.name ?? ''}.${name}`] ?? 1
      if (!field) continue
      const told = ['first', 'last', 'maxCount'].flatMap((argument) => {
        const rows = numberOf(selection, argument, variables, operation)
        if (rows !== undefined && rows > LIMITS.mostRows) throw tooManyRows(name, argument, rows)
        // A maxCount of 0 is the calendar's word for no limit.
        return rows === undefined || (argument === 'maxCount' && rows === 0) ? [] : [Math.max(rows, 0)]
      })
      if (isConnection(field) || isFunctionList(field)) lists++
      if (!selection.selectionSet) continue

      const inside = getNamedType(field.type)
      if (isConnection(field)) {
        const rows = Math.min(LIMITS.mostRows, ...told)
        cost += costOf(selection.selectionSet, inside, rows, type === schema.getQueryType())
      } else {
        const isList = isListType(getNullableType(field.type))
        const rows = isFunctionList(field)
          ? told.length > 0
            ? Math.min(...told)
            : UNTOLD_ROWS
          : isList
            ? page
            : 1
        cost += rows * costOf(selection.selectionSet, inside, 1)
      }
    }
    return cost
  }

  const root =
    operation.operation === OperationTypeNode.MUTATION
      ? schema.getMutationType()
      : operation.operation === OperationTypeNode.SUBSCRIPTION
        ? schema.getSubscriptionType()
        : schema.getQueryType()
  return costOf(operation.selectionSet, root ?? undefined, 1) + lists * LIST
}

function tooManyRows(field: string, argument: string, rows: number): GraphQLError {
  return new GraphQLError(
    `${field} is asked for ${rows} rows (${argument}), and ${LIMITS.mostRows} are the most. Ask for one page after the other.`,
    { extensions: { code: 'TOO_EXPENSIVE' } },
  )
}

/** What an operation that costs too much is answered. */
export function tooExpensive(cost: number): GraphQLError {
  return new GraphQLError(
    `This operation may give ${cost} values, and ${LIMITS.mostCost} are the most: page sizes multiply, and some calls count more. Ask for smaller pages (first: …) or fewer fields.`,
    { extensions: { code: 'TOO_EXPENSIVE' } },
  )
}
