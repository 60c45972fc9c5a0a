import { queryObjects } from 'node:v8'
import { OperationPlan } from 'postgraphile/grafast'
import { Source } from 'postgraphile/graphql'
import { expect, it } from 'vitest'
import { createTestDatabase } from '../tests/database/createTestDatabase.ts'
import { signIn, startTestServer } from './testing/client.ts'

/** Documents that grafserv and Grafast keep, and plans of 60 operations. */
const MOST = { documents: 200, plans: 60 }

it('of 500 different operations no more documents and plans are kept than there is room for', async () => {
  const db = await createTestDatabase()
  const server = await startTestServer(db)
  const { graphql } = await signIn(db, server, 'viewer')
  for (let number = 0; number < 500; number++) {
    const { errors } = await graphql(`query q${number} { a${number}: __typename }`)
    expect(errors).toBeUndefined()
  }

  // What is counted is what a collection of garbage leaves.
  const plans = queryObjects(OperationPlan, { format: 'count' })
  const documents = queryObjects(Source, { format: 'count' })

  expect(plans).toBeGreaterThan(0)
  expect(plans).toBeLessThanOrEqual(MOST.plans + 1)
  expect(documents).toBeGreaterThan(0)
  expect(documents).toBeLessThanOrEqual(MOST.documents + 5)
  await server.close()
  await db.drop()
})

it('nor of one operation more plans, whatever its variables leave out', async () => {
  const db = await createTestDatabase()
  const server = await startTestServer(db)
  const { graphql } = await signIn(db, server, 'viewer')
  const names = Array.from({ length: 6 }, (_, number) => `v${number}`)
  const query = `query (${names.map((name) => `$${name}: Boolean!`).join()}) { ${names.map((name) => `${name}: __typename @include(if: $${name})`).join(' ')} }`
  const before = queryObjects(OperationPlan, { format: 'count' })
  for (let bits = 0; bits < 64; bits++) {
    const { errors } = await graphql(
      query,
      Object.fromEntries(names.map((name, at) => [name, ((bits >> at) & 1) === 1])),
    )
    expect(errors).toBeUndefined()
  }

  expect(queryObjects(OperationPlan, { format: 'count' }) - before).toBeLessThanOrEqual(4)
  await server.close()
  await db.drop()
})
