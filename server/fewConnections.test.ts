import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../tests/database/createTestDatabase.ts'
import { signIn, startTestServer } from './testing/client.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())

test('a server makes do with the connections it has where PostgreSQL gives it no further one', async () => {
  const server = await startTestServer(db)
  const users = [await signIn(db, server, 'viewer'), await signIn(db, server, 'operator')]
  const limit = (count: string) =>
    db.query(
      `do $$ begin execute format('alter database %I connection limit %s', current_database(), (${count})); end $$`,
    )
  await limit(
    `select count(*) from pg_stat_activity where datname = current_database() and backend_type = 'client backend'`,
  )
  try {
    const answers = await Promise.all(
      users.flatMap((user) =>
        Array.from({ length: 5 }, () => user.graphql('{ schedules(first: 1) { totalCount } }')),
      ),
    )

    expect(answers.filter(({ errors }) => errors !== undefined)).toEqual([])
    expect(answers).toHaveLength(10)
  } finally {
    await limit('-1')
    await server.close()
  }
})
