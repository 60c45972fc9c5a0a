import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { createTestDatabase, type OwnTestDatabase, type TestDatabase } from './createTestDatabase.ts'
import { lent } from './lent.ts'

/**
 * A migrated database for the tests of a file (or of a `describe`), dropped after them; with `each`, a new one for
 * each test. Hooks of the file that come after this line may use it: Vitest runs them after it opens, and before it is
 * dropped.
 */
export function useTestDatabase({ each = false } = {}): TestDatabase {
  let database: OwnTestDatabase | undefined
  const open = async () => {
    database = await createTestDatabase()
  }
  const drop = async () => {
    await database?.drop()
    database = undefined
  }
  if (each) {
    beforeEach(open)
    afterEach(drop)
  } else {
    beforeAll(open)
    afterAll(drop)
  }
  return lent(() => {
    if (!database) throw new Error('There is no test database yet: use it within a hook or a test.')
    return database
  })
}
