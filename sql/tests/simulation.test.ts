import fc from 'fast-check'
import { beforeAll, describe, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { installClock } from './simulation/clock.ts'
import { cases, simulate } from './simulation/life.ts'

const db = useTestDatabase()
beforeAll(async () => {
  await installClock(db)
})

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
