import fc from 'fast-check'
import { afterAll, beforeAll, describe, it } from 'vitest'
import {
  createTestDatabase,
  inTransaction,
  type TestDatabase,
} from '../../tests/database/createTestDatabase.ts'
import { installClock } from './simulation/clock.ts'
import { cases, simulate } from './simulation/life.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
  await installClock(db)
})
afterAll(() => db.drop())

describe('a simulated life', () => {
  it(
    'gives each occurrence of its rules exactly one outcome, and the runs that were announced',
    () =>
      fc.assert(
        fc.asyncProperty(cases, (c) =>
          inTransaction(db, async (client) => {
            await client.query(`set local statement_timeout to '20s'`)
            await simulate(client, c)
          }),
        ),
        { seed: 20_910_324, numRuns: 40, endOnFailure: true },
      ),
    60_000,
  )
})
