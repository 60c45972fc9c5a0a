import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  asRole,
  createTestDatabase,
  inTransaction,
  type TestDatabase,
} from './database/createTestDatabase.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())

test('a transaction leaves nothing behind', async () => {
  await inTransaction(db, (client) => client.query('create table public.left_behind ()'))

  expect(await db.query(`select to_regclass('public.left_behind') as found`)).toEqual([{ found: null }])
})
