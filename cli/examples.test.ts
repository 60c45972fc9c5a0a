import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { useTestDatabase } from '../tests/database/useTestDatabase.ts'
import { createExamples } from './examples.ts'
import { registerLogins } from './logins.ts'

const db = useTestDatabase()
let login: { role_name: string; password: string }
beforeAll(async () => {
  await registerLogins(await db.connect(), { log: () => undefined })
  ;[login] = (await db.query<typeof login>(
    `select role_name, password from almanac_private.logins where purpose = 'sql'`,
  )) as [typeof login]
  await createExamples(db.connectionString)
})
afterAll(async () => {
  const admin = new Client({ connectionString: db.adminConnectionString })
  await admin.connect()
  await admin.query(`drop owned by ${login.role_name}; drop role ${login.role_name}`)
  await admin.end()
})

test('there are three, and they are active', async () => {
  expect(await db.query('select name, status, cron_expression from almanac.schedules order by id')).toEqual([
    { name: 'record-database-stats', status: 'active', cron_expression: '* * * * *' },
    { name: 'prune-database-stats', status: 'active', cron_expression: '0 * * * *' },
    { name: 'analyze-database-stats', status: 'active', cron_expression: '30 3 * * *' },
  ])
})

test('each does its work as the login of almanac:sql, which owns the table', async () => {
  const url = Object.assign(new URL(db.connectionString), {
    username: login.role_name,
    password: login.password,
  }).href
  const client = new Client({ connectionString: url })
  await client.connect()

  const statements = await db.query<{ statement: string }>(
    `select payload ->> 'statement' as statement from almanac.schedules order by id`,
  )
  for (const { statement } of statements) await client.query(statement)
  await client.end()

  expect(
    await db.query(
      `select database_bytes > 1000000 as sized, connections > 0 as connected from examples.database_stats`,
    ),
  ).toEqual([{ sized: true, connected: true }])
})

test('deleted ones do not come back', async () => {
  await db.query(`select almanac.unschedule(name) from almanac.schedules`)

  await createExamples(db.connectionString)

  expect(await db.query('select from almanac.schedules where deleted_at is null')).toEqual([])
})
