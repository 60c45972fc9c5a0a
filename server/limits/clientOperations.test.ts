import { globSync, readFileSync } from 'node:fs'
import {
  buildSchema,
  getOperationAST,
  Kind,
  OperationTypeNode,
  parse,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'postgraphile/graphql'
import { expect, it } from 'vitest'
import { LIMITS } from './limits.ts'
import { operationCost } from './operationCost.ts'
import { isConnection } from './pages.ts'

const schema = buildSchema(readFileSync('server/schema.graphql', 'utf8'))

/** What the client's files say in graphql(`…`). */
const texts = globSync('web/src/**/*.{ts,tsx}').flatMap((path) =>
  [...readFileSync(path, 'utf8').matchAll(/graphql\(\s*`([^`]*)`/g)].map(([, text]) => text ?? ''),
)
const definitions = texts.flatMap((text) => parse(text).definitions)
const fragments = definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)
const operations = definitions.flatMap((definition) =>
  definition.kind === Kind.OPERATION_DEFINITION && definition.operation !== OperationTypeNode.SUBSCRIPTION
    ? [[definition.name?.value ?? '', definition] as const]
    : [],
)
/** The longest lists that the pages show, after "Show more"; those that have pages show one of them. */
const LONGEST = 2_000
const PAGES: Readonly<Record<string, number>> = { Schedules: 100, Runs: 100 }

it.each(operations)('the client’s %s costs at most four fifths of what is allowed', (name, operation) => {
  const document = { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] } as const

  const cost = operationCost(schema, document, getOperationAST(document)!, {
    first: PAGES[name] ?? LONGEST,
  })

  expect(cost).toBeLessThanOrEqual(LIMITS.mostCost * 0.8)
})

it('the client says how many rows it wants, wherever it lists rows', () => {
  const silent: string[] = []
  for (const definition of definitions) {
    const types = new TypeInfo(schema)
    visit(
      definition,
      visitWithTypeInfo(types, {
        Field(node) {
          const field = types.getFieldDef()
          const isTold = node.arguments?.some(({ name }) => name.value === 'first' || name.value === 'last')
          const rows = node.selectionSet?.selections.some(
            (one) => one.kind === Kind.FIELD && (one.name.value === 'nodes' || one.name.value === 'edges'),
          )
          if (field && isConnection(field) && rows && !isTold) silent.push(print(node).split('\n')[0]!)
        },
      }),
    )
  }

  expect(silent).toEqual([])
})
