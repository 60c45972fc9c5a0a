import { queryObjects } from 'node:v8'
import { OperationPlan } from 'postgraphile/grafast'
import { Source } from 'postgraphile/graphql'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { LIMITS } from './limits/limits.ts'
import { signIn, startTestServer, type Answer, type TestServer } from './testing/client.ts'

/** Of what is at work, and of what libraries hold for themselves. */
const OTHERS = 5

const db = useTestDatabase()
let server: TestServer
let graphql: (query: string, variables?: Record<string, unknown>) => Promise<Answer>
beforeAll(async () => {
  // Looking through the heap takes seconds, in which connections are not to time out.
  server = await startTestServer(db, { connections: { keepAliveMs: 600_000 } })
  ;({ graphql } = await signIn(db, server, 'viewer'))
})
afterAll(async () => {
  await server.close()
})

const repeated = (count: number, text: (number: number) => string) =>
  Array.from({ length: count }, (_, number) => text(number)).join(' ')
/** What a collection of garbage leaves. */
const plans = () => queryObjects(OperationPlan, { format: 'count' })
const documents = () => queryObjects(Source, { format: 'count' })

it('an operation that was sent before is planned once', async () => {
  const before = plans()
  for (let times = 0; times < 3; times++)
    expect((await graphql('{ schedules(first: 1) { nodes { name } } }')).errors).toBeUndefined()

  expect(plans() - before).toBe(1)
})

it('of large operations no more plans are kept than there is room for, whatever their variables leave out', async () => {
  const lists = 14
  const most = LIMITS.mostPlanBytes / (lists * 2 * 50_000)
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const query = `query (${names.map((name) => `$${name}: Boolean!`).join()}) {
    ${names.map((name) => `${name}: __typename @include(if: $${name})`).join(' ')}
    ${repeated(lists, (list) => `list${list}: schedules(first: 1) { nodes { rowId } }`)} }`
  for (let bits = 0; bits < 64; bits++) {
    const variables = Object.fromEntries(names.map((name, at) => [name, ((bits >> at) & 1) === 1]))
    expect((await graphql(query, variables)).errors).toBeUndefined()
  }

  expect(plans()).toBeLessThanOrEqual(most + OTHERS)
})

it('of long documents no more are kept than there is room for, and none that are refused', async () => {
  const query = (number: number) => `{ ${repeated(400, (field) => `f${number}_${field}: __typename`)} }`
  const most = Math.max(LIMITS.mostDocumentBytes, LIMITS.mostPlanBytes) / (query(10).length * 150)
  for (let number = 10; number < 90; number++) expect((await graphql(query(number))).errors).toBeUndefined()
  for (let number = 0; number < 40; number++)
    expect(
      (await graphql(`{ ${repeated(50, (field) => `f${number}_${field}: nothing`)} }`)).errors,
    ).toBeDefined()

  expect(documents()).toBeLessThanOrEqual(most + OTHERS)
})
