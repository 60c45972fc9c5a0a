import {
  isListType,
  getNullableType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type ConstValueNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type ValueNode,
} from 'postgraphile/graphql'
import { LIMITS } from './limits.ts'

/** The values of an operation's variables, as they were sent. */
export type Variables = Readonly<Record<string, unknown>>

type Field = GraphQLField<unknown, unknown>

/** Whether a field gives pages: PostGraphile's connections take `first` and `last`. */
export function isConnection(field: Field): boolean {
  return hasArgument(field, 'first') && hasArgument(field, 'last')
}

/** Whether a field is a function's list of rows, which takes `first` and mostly `maxCount`. */
export function isFunctionList(field: Field): boolean {
  return isListType(getNullableType(field.type)) && hasArgument(field, 'first')
}

function hasArgument(field: Field, name: string): boolean {
  return field.args.some((argument) => argument.name === name)
}

/** A whole number that an argument has, by itself or by a variable; undefined: none. */
export function numberOf(
  field: FieldNode,
  name: string,
  variables: Variables,
  operation: OperationDefinitionNode,
): number | undefined {
  const value = field.arguments?.find((argument) => argument.name.value === name)?.value
  return value && readNumber(value, variables, operation)
}

function readNumber(value: ValueNode, variables: Variables, operation: OperationDefinitionNode) {
  if (value.kind === Kind.INT) return Number(value.value)
  if (value.kind !== Kind.VARIABLE) return undefined
  const given = variables[value.name.value]
  if (given !== undefined) return typeof given === 'number' ? given : undefined
  const standard: ConstValueNode | undefined = operation.variableDefinitions?.find(
    (definition) => definition.variable.name.value === value.name.value,
  )?.defaultValue
  return standard?.kind === Kind.INT ? Number(standard.value) : undefined
}

/**
 * The document with `first: 100` wherever a connection says neither `first` nor `last`. The same document gives the same one
 * again, so that it is planned once.
 */
export function createPager(schema: GraphQLSchema) {
  const known = new WeakMap<DocumentNode, Map<string, DocumentNode>>()

  return (document: DocumentNode, variables: Variables, operation: OperationDefinitionNode): DocumentNode => {
    const missing = (operation.variableDefinitions ?? [])
      .filter(({ variable, type }) => {
        const isNumber = type.kind === Kind.NAMED_TYPE && type.name.value === 'Int'
        return (
          isNumber &&
          readNumber({ kind: Kind.VARIABLE, name: variable.name }, variables, operation) === undefined
        )
      })
      .map(({ variable }) => variable.name.value)
    const key = `${operation.name?.value ?? ''}:${missing.join()}`
    const paged = known.get(document)?.get(key) ?? withPages(schema, document, new Set(missing))
    const ofDocument = known.get(document) ?? new Map<string, DocumentNode>()
    if (ofDocument.size < 10) ofDocument.set(key, paged)
    known.set(document, ofDocument)
    return paged
  }
}

function withPages(
  schema: GraphQLSchema,
  document: DocumentNode,
  missing: ReadonlySet<string>,
): DocumentNode {
  const types = new TypeInfo(schema)
  return visit(
    document,
    visitWithTypeInfo(types, {
      Field(node) {
        const field = types.getFieldDef()
        if (!field || !isConnection(field)) return undefined
        const isSaid = (node.arguments ?? []).some(
          ({ name, value }) =>
            (name.value === 'first' || name.value === 'last') &&
            value.kind !== Kind.NULL &&
            !(value.kind === Kind.VARIABLE && missing.has(value.name.value)),
        )
        if (isSaid) return undefined
        const others = (node.arguments ?? []).filter(
          ({ name }) => name.value !== 'first' && name.value !== 'last',
        )
        const first = { kind: Kind.INT, value: String(LIMITS.defaultPage) } as const
        return {
          ...node,
          arguments: [
            ...others,
            { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: 'first' }, value: first } as const,
          ],
        }
      },
    }),
  )
}
