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

it('a renamed role has its new name everywhere, with its runs, limits and counts, within a heartbeat', async () => {
  const beat = async () => {
    const [worker] = await db.query<{ id: string }>(
      `select almanac_private.register_worker('w', 'h', 1, '1', 1) as id`,
    )
    await db.query(`select almanac_private.heartbeat($1, is_ticking => true)`, [worker!.id])
    await db.query(`select almanac_private.stop_worker($1)`, [worker!.id])
  }
  await beat()
  await as(ann, (client) => client.query(`select almanac.trigger_now('of_ann')`))
  await db.query(`insert into almanac_private.settings (key, value) values ('runs_per_hour:${ann}', '7')`)
  const names = async () =>
    await db.query(
      `select 'schedule' as of, run_as::text as name from almanac.schedules where name = 'of_ann'
       union all select 'calendar', owned_by from almanac.exclusion_calendars
       union all select 'run', run_as from almanac.runs
       union all select 'live run', account from almanac_private.live_runs
       union all select 'runs', run_as from almanac.limits() where limit_name = 'runs_per_hour' and used = 1 and most = 7
       union all select 'uses', who from almanac.limits() where limit_name = 'triggers_per_hour' and used = 1`,
    )
  const before = await names()

  await admin.query(`drop role ${bob}; alter role ${ann} rename to ${bob}`)
  await beat()

  const of = ['schedule', 'calendar', 'run', 'live run', 'runs', 'uses']
  expect(before).toEqual(of.map((one) => ({ of: one, name: ann })))
  expect(await names()).toEqual(of.map((one) => ({ of: one, name: bob })))
  await db.query(`delete from almanac_private.settings where key like 'runs_per_hour:%'`)
})

it('a role that takes the name of a renamed one takes none of its schedules, runs and counts', async () => {
  await db.query('select almanac_private.follow_renames()')
  await as(ann, (client) => client.query(`select almanac.trigger_now('of_ann')`))

  await admin.query(
    `drop role ${bob}; alter role ${ann} rename to ${bob}; create role ${ann} in role almanac_operator`,
  )
  await db.query('select almanac_private.follow_renames()')

  // Its run keeps the name that it began with.
  expect(await runAs()).toBe(ann)
  await db.query(`select almanac.cancel_queued('of_ann')`)
  await db.query('select almanac_private.follow_renames()')
  expect(await runAs()).toBe(bob)
  expect(await as(ann, (client) => refusal(client.query(`select almanac.pause('of_ann')`)))).toMatchObject({
    code: 'AL011',
  })
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
