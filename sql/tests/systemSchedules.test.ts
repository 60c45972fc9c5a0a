import type { ClientBase } from 'pg'
import { beforeAll, describe, expect, it } from 'vitest'
import { applyMigrations } from '../../cli/migrations.ts'
import { createEmptyDatabase, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const NAME = 'almanac:check-ledger'

const db = useTestDatabase()
beforeAll(async () => {
  await db.query(`select almanac_private.install_system_schedules()`)
  // One is enough here, and which of them is due first depends on the minute.
  await db.query(
    `begin; set local almanac.system to 'on'; delete from almanac.schedules where is_system and name <> '${NAME}'; commit`,
  )
})

interface Row {
  id: string
  cron_expression: string
  next_run_at: Date
}
const systemRows = async (client: ClientBase) =>
  (await client.query<Row>(`select s.* from almanac.schedules s where s.is_system and s.name = $1`, [NAME]))
    .rows

it('migrating installs the system schedules, armed', async () => {
  const migrated = await createEmptyDatabase()
  try {
    await applyMigrations({ connectionString: migrated.connectionString, withCurrent: true })

    expect(
      await migrated.query(
        `select s.name, s.status, s.kind, s.cron_expression, s.task_identifier, s.overlap_policy, s.owner_user, s.run_as, s.is_system,
           j.key is not null as is_armed
         from almanac.schedules s left join graphile_worker.jobs j on j.key = 'schedule:' || s.id order by s.cron_expression`,
      ),
    ).toEqual([
      {
        name: NAME,
        status: 'active',
        kind: 'cron',
        cron_expression: '17 * * * *',
        task_identifier: 'almanac:check_ledger',
        overlap_policy: 'skip',
        owner_user: null,
        run_as: 'almanac_test_owner',
        is_system: true,
        is_armed: true,
      },
      {
        name: 'almanac:apply-retention',
        status: 'active',
        kind: 'cron',
        cron_expression: '41 * * * *',
        task_identifier: 'almanac:apply_retention',
        overlap_policy: 'skip',
        owner_user: null,
        run_as: 'almanac_test_owner',
        is_system: true,
        is_armed: true,
      },
    ])
  } finally {
    await migrated.drop()
  }
})

it('installing them again changes nothing but what is not as it should be', () =>
  inTransaction(db, async (client) => {
    const [before] = await systemRows(client)
    await client.query(`set local almanac.system to 'on'`)
    await client.query(`update almanac.schedules set cron_expression = '5 * * * *' where is_system`)
    await client.query(`set local almanac.system to 'off'`)

    await client.query(`select almanac_private.install_system_schedules()`)

    expect(await systemRows(client)).toMatchObject([
      { id: before!.id, cron_expression: '17 * * * *', next_run_at: before!.next_run_at },
    ])
  }))

it('a schedule that has the name of a system schedule is renamed when that is installed', () =>
  inTransaction(db, async (client) => {
    await client.query(`set local almanac.system to 'on'`)
    await client.query(`delete from almanac.schedules where is_system`)
    await client.query(`select almanac.schedule_cron($1, '0 3 * * *', 'almanac:noop')`, [NAME])
    await client.query(`set local almanac.system to 'off'`)

    await client.query(`select almanac_private.install_system_schedules()`)

    const { rows } = await client.query<{ id: string; name: string; task_identifier: string }>(
      `select id, name, task_identifier from almanac.schedules order by id`,
    )
    expect(rows).toEqual([
      { id: rows[0]!.id, name: `${NAME} (${rows[0]!.id})`, task_identifier: 'almanac:noop' },
      { id: rows[1]!.id, name: NAME, task_identifier: 'almanac:check_ledger' },
      { id: rows[2]!.id, name: 'almanac:apply-retention', task_identifier: 'almanac:apply_retention' },
    ])
  }))

const CHANGES = [
  `select almanac.pause('${NAME}')`,
  `select almanac.unschedule('${NAME}')`,
  `select almanac.schedule_cron('${NAME}', '0 3 * * *', 'almanac:noop')`,
  `select almanac.schedule_every('${NAME}', '1 hour', 'almanac:noop')`,
  `select almanac.update_schedule(id, '{"timeout": "1 hour"}') from almanac.schedules where is_system`,
  `select almanac.update_schedule(id, '{"name": "mine"}') from almanac.schedules where is_system`,
  `select almanac.move_occurrence('${NAME}', next_run_at, next_run_at + interval '1 minute') from almanac.schedules where is_system`,
  `select almanac.skip_occurrence('${NAME}', next_run_at) from almanac.schedules where is_system`,
  `select almanac.restore_occurrence('${NAME}', next_run_at) from almanac.schedules where is_system`,
  `select almanac.trigger_now('${NAME}', '{"a": 1}')`,
]
const ROW_CHANGES = [
  `update almanac.schedules set description = 'mine' where is_system`,
  `update almanac.schedules set is_system = false where is_system`,
  `update almanac.schedules set archived_at = now() where is_system`,
  `delete from almanac.schedules where is_system`,
]

/** Row security hides others' rows from an operator's update, and only admins may delete. */
const outcomeFor = (login: string, statement: string) => {
  if (login !== 'operator' || CHANGES.includes(statement)) {
    return { code: 'AL017', message: `Schedule ${NAME} is Almanac's own and cannot be changed.` }
  }
  return statement.startsWith('delete') ? { code: '42501' } : { rowCount: 0 }
}

describe.each(['owner', 'admin', 'operator'] as const)('%s does not change a system schedule', (login) => {
  it.each([...CHANGES, ...ROW_CHANGES])('%s', async (statement) => {
    const client = await db.connect(login)

    const outcome = await client.query(statement).catch((error: unknown) => error)

    expect(outcome).toMatchObject(outcomeFor(login, statement))
    await client.end()
  })
})

it.each(['almanac.system', 'almanac.engine'])('an admin gains nothing by setting %s', async (setting) => {
  const client = await db.connect('admin')
  await client.query(`select set_config($1, 'on', false)`, [setting])

  expect((await refusal(client.query(ROW_CHANGES[0]!))).code).toBe('AL017')
  expect((await refusal(client.query(ROW_CHANGES.at(-1)!))).code).toBe('AL017')
  await client.end()
})

describe.each(['admin', 'operator'] as const)('an %s', (login) => {
  it.each([
    [
      'makes no system schedule',
      `insert into almanac.schedules (name, kind, task_identifier, is_system) values ('x', 'manual', 'almanac:noop', true)`,
      'AL017',
    ],
    [
      'takes no name that is kept for one',
      `select almanac.schedule_cron('almanac:x', '@daily', 'almanac:noop')`,
      'AL017',
    ],
    [
      'does not give is_system as a setting',
      `select almanac.create_schedule('{"name": "x", "is_system": true}')`,
      'AL009',
    ],
    ['does not install them', `select almanac_private.install_system_schedules()`, '42501'],
  ])('%s', async (_rule, statement, code) => {
    const client = await db.connect(login)

    expect((await refusal(client.query(statement))).code).toBe(code)
    await client.end()
  })
})

it('a schedule is not made a system schedule, nor given the name of one', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_cron('mine', '0 3 * * *', 'almanac:noop')`)
    await client.query('savepoint made')

    const codes: string[] = []
    for (const change of [`is_system = true`, `name = 'almanac:mine'`]) {
      codes.push(
        (await refusal(client.query(`update almanac.schedules set ${change} where name = 'mine'`))).code!,
      )
      await client.query('rollback to made')
    }

    expect(codes).toEqual(['AL017', 'AL017'])
  }))

it('an admin runs one at once, an operator does not', async () => {
  const admin = await db.connect('admin')
  const operator = await db.connect('operator')

  await admin.query('begin')
  const { rows } = await admin.query(`select r.trigger, r.task_identifier from almanac.trigger_now($1) r`, [
    NAME,
  ])
  await admin.query('rollback')

  expect(rows).toEqual([{ trigger: 'manual', task_identifier: 'almanac:check_ledger' }])
  expect((await refusal(operator.query(`select almanac.trigger_now($1)`, [NAME]))).code).toBe('AL017')
})

it('the engine fires and settles one like any other', () =>
  inTransaction(db, async (client) => {
    const { rows: before } = await client.query<{ at: Date }>(
      `select next_run_at as at from almanac.schedules where is_system`,
    )

    await client.query(`select almanac_private.fire_due($1)`, [before[0]!.at])

    const { rows } = await client.query(`select scheduled_for as at, status from almanac.runs`)
    expect(rows).toEqual([{ at: before[0]!.at, status: 'queued' }])
  }))

it('the calendar leaves them out when asked to: what is upcoming, runs and omissions', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_cron('mine', '30 * * * *', 'almanac:noop')`)
    const { rows: due } = await client.query<{ at: Date; name: string }>(
      `select name, next_run_at as at from almanac.schedules order by is_system desc`,
    )
    await client.query(`select almanac_private.fire_due($1)`, [due[0]!.at])
    await client.query(
      `insert into almanac.omissions (schedule_id, schedule_name, during, reason, count)
       select s.id, s.name, tstzrange($1, $1, '[]'), 'stopped', 1 from almanac.schedules s`,
      [new Date(due[0]!.at.getTime() - 3_600_000)],
    )
    const items = async (settings: string) =>
      (
        await client.query<{ item: string }>(
          `select distinct schedule_name || ' ' || item as item
           from almanac.calendar($1::timestamptz - interval '2 hours', $1::timestamptz + interval '3 hours', bucket => '1 hour', fold_above => 100 ${settings})
           order by 1`,
          [due[0]!.at],
        )
      ).rows.map(({ item }) => item)

    const own = ['mine occurrence', 'mine omission']
    expect((await items(', with_system => false')).filter((item) => !item.endsWith('run'))).toEqual(own)
    expect(await items('')).toEqual(
      expect.arrayContaining([`${NAME} occurrence`, `${NAME} omission`, `${NAME} run`, ...own]),
    )
    expect((await items(', with_system => false')).filter((item) => item.startsWith(NAME))).toEqual([])
  }))
