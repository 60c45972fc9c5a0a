import {
  getNamedType,
  getNullableType,
  GraphQLError,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  OperationTypeNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'postgraphile/graphql'
import { LIMITS } from './limits.ts'
import { isConnection, isFunctionList, numberOf, type Variables } from './pages.ts'

/** What a call costs besides its rows: about 1 for each 20 µs of PostgreSQL's time on a large installation. */
const CALLS: Readonly<Record<string, number>> = {
  'Query.calendar': 5_000,
  // What checks a payload by its schema may take 20,000 steps.
  'Query.checkDefinition': 15_000,
  'Query.checkLedger': 5_000,
  'Query.closedTimes': 2_000,
  'Query.overridesForMove': 1_000,
  // They look at all unfinished runs, or at 100,000 of a range.
  'Query.countRunsToCancel': 15_000,
  'Query.countRunsToRetry': 25_000,
  // 100,000 runs at most, and all unfinished ones.
  'Query.findRuns': 15_000,
  'Query.findActiveRuns': 15_000,
  'Query.excludedTimes': 2_000,
  'Query.lastOutcomes': 2_000,
  'Query.occurrences': 2_000,
  'Query.payloadErrors': 15_000,
  'Query.previewChange': 5_000,
  'Query.preview': 5_000,
  'Query.scheduleLabels': 1_000,
  'Query.slotsInUse': 500,
  'Query.upcoming': 500,
  'Query.why': 500,
  'Query.nextRunAt': 100,
  'Query.checkCron': 100,
  'Query.__schema': 20_000,
  'Query.__type': 1_000,
  'Mutation.cancelRuns': 15_000,
  'Mutation.retryFailed': 25_000,
  'Run.blockedBecause': 10,
  'Run.mayCancel': 5,
  'Run.mayRetry': 10,
  'Run.nextAttemptAt': 10,
  'Run.why': 100,
  'Schedule.warning': 10,
  'Schedule.why': 500,
}
/** `totalCount` of all rows, and of those that belong to one row: by an index. */
const COUNT_OF_TABLE = 1_000
const COUNT_OF_RELATION = 20
const MUTATION = 1_000
/** A list, however few rows: planning it keeps the server from all else for some milliseconds, and its plan is kept. */
const LIST = 2_500
/** A condition of a filter: it is planned, and part of the statement. */
const CONDITION = 100
/** A value of introspection, which is there already and asks no database. */
const INTROSPECTED = 0.4
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

  /** Of what is in one object; `page`: rows of the lists directly in it; `isOfTable`: it is a table's connection. */
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
      const isIntrospection = type?.name.startsWith('__') ?? false
      const field =
        isObjectType(type) || isInterfaceType(type)
          ? (type.getFields()[name] ?? META_FIELDS.get(name))
          : undefined
      if (name === 'totalCount') cost += isOfTable ? COUNT_OF_TABLE : COUNT_OF_RELATION
      else if (type === schema.getMutationType()) cost += CALLS[`Mutation.${name}`] ?? MUTATION
      else cost += CALLS[`${type?.name ?? ''}.${name}`] ?? (isIntrospection ? INTROSPECTED : 1)
      for (const argument of selection.arguments ?? [])
        if (argument.name.value === 'filter')
          cost += CONDITION * conditionsIn(argument.value, variables, operation)
      if (!field) continue
      const told = ['first', 'last', 'maxCount'].flatMap((argument) => {
        const rows = numberOf(selection, argument, variables, operation)
        if (rows !== undefined && rows > LIMITS.mostRows) throw tooManyRows(name, argument, rows)
        if (rows !== undefined && rows < 0 && argument !== 'maxCount') throw negative(name, argument, rows)
        // A maxCount of 0 is the calendar's word for no limit.
        return rows === undefined || (argument === 'maxCount' && rows === 0) ? [] : [Math.max(rows, 0)]
      })
      const skipped = numberOf(selection, 'offset', variables, operation)
      if (skipped !== undefined && skipped < 0) throw negative(name, 'offset', skipped)
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
            ? isIntrospection
              ? introspected(schema, name)
              : page
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
  return Math.round(costOf(operation.selectionSet, root ?? undefined, 1) + lists * LIST)
}

/** Fields of objects within a filter, as written or as variables give them. */
function conditionsIn(value: ValueNode, variables: Variables, operation: OperationDefinitionNode): number {
  const inside = (one: ValueNode): number => conditionsIn(one, variables, operation)
  switch (value.kind) {
    case Kind.VARIABLE: {
      const { name } = value
      const given = variables[name.value]
      if (given !== undefined) return conditionsOf(given)
      const standard = operation.variableDefinitions?.find(
        ({ variable }) => variable.name.value === name.value,
      )
      return standard?.defaultValue ? inside(standard.defaultValue) : 0
    }
    case Kind.LIST:
      return sum(value.values.map(inside))
    case Kind.OBJECT:
      return sum(value.fields.map((one) => 1 + inside(one.value)))
    default:
      return 0
  }
}

function conditionsOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inside = sum(Object.values(value).map(conditionsOf))
  return Array.isArray(value) ? inside : inside + Object.keys(value).length
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

/** They are in no type's list of fields. */
const META_FIELDS = new Map([SchemaMetaFieldDef, TypeMetaFieldDef].map((field) => [field.name, field]))

const known = new WeakMap<GraphQLSchema, ReadonlyMap<string, number>>()

/** How many rows a list of introspection has: of `types` all, of the others as many as a type, or a field, has on average. */
function introspected(schema: GraphQLSchema, list: string): number {
  const rows = known.get(schema) ?? countTypes(schema)
  known.set(schema, rows)
  return rows.get(list) ?? 1
}

function countTypes(schema: GraphQLSchema): ReadonlyMap<string, number> {
  const types = Object.values(schema.getTypeMap())
  const fields = types.flatMap((type) =>
    isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [],
  )
  const inputFields = sum(
    types.map((type) => (isInputObjectType(type) ? Object.keys(type.getFields()).length : 0)),
  )
  const enumValues = sum(types.map((type) => (isEnumType(type) ? type.getValues().length : 0)))
  return new Map([
    ['types', types.length],
    ['fields', fields.length / types.length],
    ['args', sum(fields.map(({ args }) => args.length)) / fields.length],
    ['inputFields', inputFields / types.length],
    ['enumValues', enumValues / types.length],
  ])
}

function tooManyRows(field: string, argument: string, rows: number): GraphQLError {
  return new GraphQLError(
    `${field} asks for ${rows} rows (${argument}); the limit is ${LIMITS.mostRows}. Request one page at a time.`,
    { extensions: { code: 'TOO_EXPENSIVE' } },
  )
}

/** With PostgreSQL's code, and in its place: that names neither the field nor the argument. `maxCount` is checked in SQL. */
function negative(field: string, argument: string, rows: number): GraphQLError {
  return new GraphQLError(`${field} asks for ${rows} rows (${argument}).`, {
    extensions: {
      code: argument === 'offset' ? '2201X' : '2201W',
      detail: `${argument}: ${rows}.`,
      hint: 'Use a whole number, 0 or more.',
      field: argument,
    },
  })
}

/** What an operation that costs too much is answered. */
export function tooExpensive(cost: number): GraphQLError {
  return new GraphQLError(
    `This operation could return ${cost} values; the limit is ${LIMITS.mostCost}: page sizes multiply, and some calls count more. Request smaller pages (first: …) or fewer fields.`,
    { extensions: { code: 'TOO_EXPENSIVE' } },
  )
}
