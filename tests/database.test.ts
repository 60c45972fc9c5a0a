import { expect, test } from 'vitest'
import { asRole, inTransaction } from './database/createTestDatabase.ts'
import { useTestDatabase } from './database/useTestDatabase.ts'
import { TEST_LOGINS, testRole } from './database/template.ts'

const db = useTestDatabase()

test('a transaction leaves nothing behind', async () => {
  await inTransaction(db, (client) => client.query('create table public.left_behind ()'))

  expect(await db.query(`select to_regclass('public.left_behind') as found`)).toEqual([{ found: null }])
})

test('a role is taken for a function, and given back', async () => {
  await inTransaction(db, async (client) => {
    const inside = await asRole(client, 'almanac_viewer', () => client.query('select current_user'))
    const outside = await client.query('select current_user')

    expect([inside.rows, outside.rows]).toEqual([
      [{ current_user: 'almanac_viewer' }],
      [{ current_user: 'almanac_test_owner' }],
    ])
  })
})

test('a statement that a role may not run leaves the transaction usable', async () => {
  await inTransaction(db, async (client) => {
    await expect(
      asRole(client, 'almanac_viewer', () => client.query('create table almanac.mine ()')),
    ).rejects.toThrow('permission denied')

    expect((await client.query('select current_user')).rows).toEqual([{ current_user: 'almanac_test_owner' }])
  })
})

test.each(TEST_LOGINS)('%s is a real login without superuser rights', async (login) => {
  const client = await db.connect(login)

  const { rows } = await client.query(
    `select session_user as login, current_setting('is_superuser') as super`,
  )

  expect(rows).toEqual([{ login: testRole(login), super: 'off' }])
})
