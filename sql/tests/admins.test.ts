import { describe, expect, it } from 'vitest'
import { asRole } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

/** Functions of the API that check who calls, by the catalogue; how they are called. */
const ADMINS = {
  adopt: `almanac.adopt('skip')`,
  delete_resource_group: `almanac.delete_resource_group('x')`,
  disable_task: `almanac.disable_task('almanac:http')`,
  enable_task: `almanac.enable_task('almanac:http')`,
  host_job_payload: `almanac.host_job_payload(1)`,
  pause_all: `almanac.pause_all('x')`,
  purge: `almanac.purge(now() - interval '1 day')`,
  recompute: `almanac.recompute()`,
  reconcile: `almanac.reconcile()`,
  register_task: `almanac.register_task('x')`,
  replan_from_now: `almanac.replan_from_now()`,
  require_role: `almanac.require_role('almanac:http', null)`,
  resume_all: `almanac.resume_all()`,
  set_resource_group: `almanac.set_resource_group('x', max_running => 1)`,
  set_retention: `almanac.set_retention('90 days')`,
  set_task_resource_group: `almanac.set_task_resource_group('almanac:noop')`,
}
const WORKERS = ['recompute', 'reconcile']
const OPERATORS = [
  'apply_schedules',
  'cancel_queued',
  'cancel_run',
  'cancel_runs',
  'check_definition',
  'create_business_days',
  'create_calendar',
  'create_schedule',
  'define_workflow',
  'delete_calendar',
  'delete_workflow',
  'exclude_dates',
  'exclude_range',
  'exclude_recurring',
  'give_schedule',
  'import_exclusions',
  'move_occurrence',
  'move_series',
  'pause',
  'plan_schedules',
  'release_schedule',
  'remove_calendar_rule',
  'remove_exclusion',
  'restore',
  'restore_occurrence',
  'restore_schedule',
  'resume',
  'retry_failed',
  'retry_run',
  'schedule_at',
  'schedule_cron',
  'schedule_every',
  'skip_occurrence',
  'split_schedule',
  'trigger_now',
  'undo_override',
  'undo_split',
  'unschedule',
  'update_calendar',
  'update_schedule',
]

const names = async (condition: string) =>
  (
    await db.query<{ name: string }>(
      `select p.proname as name from pg_proc p
       where p.pronamespace = 'almanac'::regnamespace and (${condition})
         and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e') order by p.proname collate "C"`,
    )
  ).map(({ name }) => name)

describe('each function of the API', () => {
  it('may be called by viewers, or else by operators: one for admins says by itself that it is', async () => {
    const closedTo = (role: string) => `not has_function_privilege('${role}', p.oid, 'execute')`

    expect(await names(closedTo('almanac_viewer'))).toEqual(OPERATORS)
    expect(await names(closedTo('almanac_operator'))).toEqual([])
  })

  it('that is for admins is known to this test', async () => {
    expect(await names(`p.prosrc ~ 'check_admin'`)).toEqual(Object.keys(ADMINS))
  })
})

describe.each(Object.entries(ADMINS))('%s', (name, call) => {
  it.each(['almanac_viewer', 'almanac_operator'])(
    'is refused to %s with who may, and what to grant',
    async (role) => {
      const refused = await refusal(asRole(db, role, (client) => client.query(`select ${call}`)))

      expect(refused).toMatchObject({
        code: 'AL011',
        message: `Only an admin may use almanac.${name}().`,
        hint: `Ask an admin, or ask a DBA to run: grant almanac_admin to ${role};`,
      })
    },
  )

  it(`is ${WORKERS.includes(name) ? 'open' : 'refused'} to a worker`, async () => {
    const client = await db.connect('worker')
    await client.query('begin')

    const asked = client.query(`select ${call}`)

    if (WORKERS.includes(name)) await asked
    else expect(await refusal(asked)).toMatchObject({ code: 'AL011' })
    await client.end()
  })

  it('lets an admin and the owner in', async () => {
    for (const login of ['admin', 'owner'] as const) {
      const client = await db.connect(login)
      await client.query('begin')
      await client
        .query(`select ${call}`)
        .catch((error: { code?: string }) => expect(['AL013', 'AL034']).toContain(error.code))
      await client.end()
    }
  })
})

it('a signed-in user is not told of roles of the database', async () => {
  const [user] = await db.query<{ id: string }>(
    `insert into almanac.users (username, role) values ('ann', 'operator') returning id`,
  )
  await db.query(
    `insert into almanac_private.logins (role_name, purpose) values ('almanac_test_server', 'server') on conflict do nothing`,
  )
  const client = await db.connect('server')
  await client.query('begin')
  await client.query(
    `select set_config('role', 'almanac_operator', true), set_config('jwt.claims.user_id', $1, true)`,
    [user!.id],
  )

  const refused = await refusal(client.query('select almanac.pause_all()'))
  await client.end()

  expect(refused).toMatchObject({
    code: 'AL011',
    detail: 'ann is not an admin.',
    hint: 'Ask an admin to do it, or to grant you the role.',
  })
})

it("the server's login as itself, before it acts for someone, is not an admin", async () => {
  const client = await db.connect('server')

  expect((await refusal(client.query('select almanac.pause_all()'))).code).toMatch(/^(AL011|42501)$/)
  await client.end()
})
