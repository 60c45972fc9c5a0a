import { readFileSync } from 'node:fs'
import { buildSchema, getIntrospectionQuery, getOperationAST, parse } from 'postgraphile/graphql'
import { expect, it } from 'vitest'
import { LIMITS } from './limits.ts'
import { operationCost } from './operationCost.ts'
import { requestProblem } from './requestSize.ts'

const schema = buildSchema(readFileSync('server/schema.graphql', 'utf8'))

function costOf(text: string, variables: Record<string, unknown> = {}): number {
  const document = parse(text)
  return operationCost(schema, document, getOperationAST(document)!, variables)
}

it('a tool may ask for the whole schema', () => {
  const query = getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true })

  expect(requestProblem(query, {})).toBeUndefined()
  expect(costOf(query)).toBeLessThanOrEqual(LIMITS.mostCost)
})

it.each([
  ['each field of a type’s fields', 'fields { type { fields { $100(description) } } }'],
  ['each input of arguments', 'fields { args { type { inputFields { $100(description) } } } }'],
])('the schema costs too much with %s', (_what, inside) => {
  const aliased = inside.replace(/\$(\d+)\((\w+)\)/, (_, count: string, field: string) =>
    Array.from({ length: Number(count) }, (__, number) => `a${number}: ${field}`).join(' '),
  )

  expect(costOf(`{ __schema { types { ${aliased} } } }`)).toBeGreaterThan(LIMITS.mostCost)
})

const LISTED = 'schedules(filter: $f, first: 1) { nodes { name } }'

it.each([
  ['a variable', `query ($f: ScheduleFilter) { ${LISTED} }`],
  [
    'the default of a variable',
    `query ($f: ScheduleFilter = {or: [$500({name: {equalTo: "x"}})]}) { ${LISTED} }`,
  ],
  ['the text', `{ ${LISTED.replace('$f', '{or: [$500({name: {equalTo: "x"}})]}')} }`],
])('conditions of a filter cost too much when there are many in %s', (where, text) => {
  const filter = { or: Array.from({ length: 500 }, () => ({ name: { equalTo: 'x' } })) }
  const query = text.replace(
    /\$500\((.*)\)\]/,
    (_, one: string) => `${Array.from({ length: 500 }, () => one).join()}]`,
  )

  expect(costOf(query, where === 'a variable' ? { f: filter } : {})).toBeGreaterThan(LIMITS.mostCost)
})

it.each([
  'query { $ }/countRunsToCancel(filter: {}) { others }',
  'query { $ }/countRunsToRetry(filter: {}) { others }',
  'mutation { $ }/cancelRuns(input: {filter: {}}) { clientMutationId }',
  'mutation { $ }/retryFailed(input: {filter: {}}) { clientMutationId }',
])('many of what looks at all runs cost too much: %s', (text) => {
  const [operation, call] = text.split('/') as [string, string]
  const aliased = Array.from({ length: 6 }, (_, number) => `a${number}: ${call}`).join(' ')

  expect(costOf(operation.replace('$', aliased))).toBeGreaterThan(LIMITS.mostCost)
  expect(costOf(operation.replace('$', call))).toBeLessThan(LIMITS.mostCost / 2)
})

it.each([
  'payloadErrors(task: "x", payload: {}) { path }',
  'checkDefinition(definition: {}) { field }',
  'preview(definition: {}) { dueAt }',
  'previewChange(schedule: "x", changes: {}, maxCount: 1) { change }',
])('many of what checks a payload cost too much: %s', (call) => {
  const aliased = Array.from({ length: 20 }, (_, number) => `a${number}: ${call}`).join(' ')

  expect(costOf(`{ ${aliased} }`)).toBeGreaterThan(LIMITS.mostCost)
  expect(costOf(`{ ${call} }`)).toBeLessThan(LIMITS.mostCost / 2)
})

it.each([
  ['first', '2201W'],
  ['last', '2201W'],
  ['offset', '2201X'],
])('a negative %s is refused with the field and what to do', (argument, code) => {
  const ask = () => costOf(`{ schedules(${argument}: -1) { nodes { name } } }`)

  expect(ask).toThrow(
    expect.objectContaining({
      message: `schedules asks for -1 rows (${argument}).`,
      extensions: {
        code,
        detail: `${argument}: -1.`,
        hint: 'Use a whole number, 0 or more.',
        field: argument,
      },
    }) as Error,
  )
})
