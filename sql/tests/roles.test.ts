import { randomBytes } from 'node:crypto'
import { Client, type ClientBase } from 'pg'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../tests/database/createTestDatabase.ts'
import { refusal } from './sqlError.ts'

const [ann, bob] = ['ann', 'bob'].map((name) => `almanac_test_${name}_${randomBytes(4).toString('hex')}`) as [
  string,
  string,
]

let db: TestDatabase
let admin: Client
beforeAll(async () => {
  db = await createTestDatabase()
  admin = new Client({ connectionString: db.adminConnectionString })
  await admin.connect()
})
beforeEach(async () => {
  await admin.query(
    `create role ${ann} in role almanac_operator; create role ${bob} in role almanac_operator`,
  )
  await as(ann, (client) =>
    client.query(`select almanac.schedule_cron('of_ann', '0 3 * * *', 'almanac:noop')`),
  )
  await as(ann, (client) => client.query(`select almanac.create_calendar('days of ann')`))
  return async () => {
    await admin.query(
      `delete from almanac.schedules; delete from almanac.exclusion_calendars; drop role if exists ${ann}, ${bob}`,
    )
  }
})
afterAll(async () => {
  await admin.end()
  await db.drop()
})

/** As a login of this role. */
async function as<Result>(role: string, fn: (client: ClientBase) => Promise<Result>): Promise<Result> {
  await admin.query(`set session authorization ${role}`)
  return await fn(admin).finally(() => admin.query('reset session authorization'))
}
const runAs = async () => (await db.query('select run_as from almanac.schedules'))[0]?.['run_as'] as string

it.each([
  `select almanac.pause('of_ann')`,
  `select almanac.trigger_now('of_ann')`,
  `select almanac.update_schedule((select id from almanac.schedules), '{"description": "x"}')`,
  `select almanac.unschedule('of_ann')`,
  `select almanac.skip_occurrence('of_ann', '2040-01-01 03:00Z')`,
])('the schedule of a role that was dropped is refused to others, with the remedy: %s', async (statement) => {
  await admin.query(`drop role ${ann}`)

  expect(await as(bob, (client) => refusal(client.query(statement)))).toMatchObject({
    code: 'AL011',
    detail: `It belongs to no one: its user, or the role ${ann}, no longer exists.`,
    hint: expect.stringContaining(`select almanac.give_schedule('of_ann', '…')`) as string,
  })
})

it('a later role of the name inherits neither schedules nor calendars', async () => {
  await admin.query(`drop role ${ann}; create role ${ann} in role almanac_operator`)

  const refused = [
    `select almanac.pause('of_ann')`,
    `select almanac.update_calendar('days of ann', '{"description": "x"}')`,
  ]
  for (const statement of refused)
    expect(await as(ann, (client) => refusal(client.query(statement)))).toMatchObject({ code: 'AL011' })
})

it('a renamed role keeps its schedules, under its new name', async () => {
  await admin.query(`drop role ${bob}; alter role ${ann} rename to ${bob}`)

  await as(bob, (client) => client.query(`select almanac.pause('of_ann')`))
  await as(bob, (client) => client.query(`update almanac.schedules set payload = '{"a": 1}'`))

  expect(await runAs()).toBe(bob)
})

it('the schedule of a dropped role is given to another by an admin, who must be a member of it', async () => {
  await admin.query(`drop role ${ann}`)
  await admin.query(`create role ${ann} in role almanac_admin, ${bob}`)

  await as(ann, (client) => client.query(`select almanac.give_schedule('of_ann', '${bob}')`))

  expect(await runAs()).toBe(bob)
  expect(
    await as(ann, (client) =>
      refusal(client.query(`select almanac.give_schedule('of_ann', 'almanac_test_owner')`)),
    ),
  ).toMatchObject({ code: 'AL011', message: `${ann} is not a member of almanac_test_owner.` })
  await as(bob, (client) => client.query(`select almanac.pause('of_ann')`))
})

it('a schedule is not given to a role that is not there', async () => {
  const refused = await refusal(db.query(`select almanac.give_schedule('of_ann', 'nobody_of_this_name')`))

  expect(refused).toMatchObject({ code: 'AL024' })
})

it('roles of another server are looked up by their names when migrating, those of this one are not', async () => {
  await as(bob, (client) =>
    client.query(`select almanac.schedule_cron('of_bob', '0 3 * * *', 'almanac:noop')`),
  )
  await admin.query(`drop role ${bob}; create role ${bob} in role almanac_operator`)
  await admin.query(
    `set almanac.engine = 'on'; update almanac.schedules set run_as_key = '1:1' where name = 'of_ann'; reset almanac.engine`,
  )
  const others = await as(ann, (client) => refusal(client.query(`select almanac.pause('of_ann')`)))

  await db.query('select almanac_private.bind_roles()')

  expect(others).toMatchObject({ code: 'AL011' })
  await as(ann, (client) => client.query(`select almanac.pause('of_ann')`))
  expect(await as(bob, (client) => refusal(client.query(`select almanac.pause('of_bob')`)))).toMatchObject({
    code: 'AL011',
  })
})
