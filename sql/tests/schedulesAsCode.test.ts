import type { ClientBase } from 'pg'
import { expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'
import { apply, NIGHTLY, plan } from './asCode.ts'

const db = useTestDatabase()

const schedules = async (client: ClientBase, columns = 'name, status, managed_by, managed_version') =>
  (
    await client.query<Record<string, unknown>>(
      `select ${columns} from almanac.schedules where not is_system and deleted_at is null order by name`,
    )
  ).rows

it('a schedule in code is created disabled, unless its definition says otherwise', () =>
  inTransaction(db, async (client) => {
    const hourly = { ...NIGHTLY, name: 'hourly', cron_expression: '0 * * * *', status: 'active' }

    expect(await apply(client, [NIGHTLY, hourly], '1.0')).toEqual([
      { name: 'nightly', action: 'created', changes: [] },
      { name: 'hourly', action: 'created', changes: [] },
    ])

    expect(await schedules(client)).toEqual([
      { name: 'hourly', status: 'active', managed_by: 'app', managed_version: '1.0' },
      { name: 'nightly', status: 'disabled', managed_by: 'app', managed_version: '1.0' },
    ])
  }))

it('the same again changes nothing', () =>
  inTransaction(db, async (client) => {
    await apply(client, [NIGHTLY], '1')
    const before = await schedules(client, 'id, updated_at')

    expect(await apply(client, [NIGHTLY], '2')).toEqual([
      { name: 'nightly', action: 'unchanged', changes: [] },
    ])

    expect(await schedules(client, 'id, updated_at')).toEqual(before)
    expect(await schedules(client, 'managed_version')).toEqual([{ managed_version: '2' }])
  }))

it('what has changed is said and changed, and what is left out goes back to its default', () =>
  inTransaction(db, async (client) => {
    await apply(client, [{ ...NIGHTLY, priority: 0, timeout: '10 minutes' }], '1')

    const changed = await apply(client, [{ ...NIGHTLY, cron_expression: '30 2 * * *' }], '2')

    expect(changed).toEqual([
      {
        name: 'nightly',
        action: 'changed',
        changes: [
          { field: 'cron_expression', from: '0 2 * * *', to: '30 2 * * *' },
          { field: 'priority', from: 0, to: 1 },
          { field: 'timeout', from: '00:10:00', to: null },
        ],
      },
    ])
    expect(await schedules(client, 'cron_expression, priority, timeout::text')).toEqual([
      { cron_expression: '30 2 * * *', priority: 1, timeout: null },
    ])
  }))

it('what the code no longer has goes to the bin, and comes back with its history and its switch', () =>
  inTransaction(db, async (client) => {
    await apply(client, [{ ...NIGHTLY, status: 'active' }], '1')
    const [made] = await schedules(client, 'id')

    expect(await apply(client, [], '2')).toEqual([{ name: 'nightly', action: 'archived', changes: [] }])
    expect(await schedules(client)).toEqual([])
    expect(await apply(client, [{ ...NIGHTLY, priority: 2 }], '3')).toMatchObject([
      { name: 'nightly', action: 'restored', changes: [{ field: 'priority' }] },
    ])

    expect(await schedules(client, 'id, status, priority, managed_by')).toEqual([
      { id: made?.['id'], status: 'active', priority: 2, managed_by: 'app' },
    ])
  }))

it('what people bring back from the bin is theirs', () =>
  inTransaction(db, async (client) => {
    await apply(client, [NIGHTLY], '1')
    await apply(client, [], '2')

    await client.query(`select almanac.restore('nightly')`)

    expect(await schedules(client)).toEqual([
      { name: 'nightly', status: 'disabled', managed_by: null, managed_version: null },
    ])
    expect(await apply(client, [], '3')).toEqual([])
  }))

it('the switch that people set stays, whatever the code says', () =>
  inTransaction(db, async (client) => {
    const active = { ...NIGHTLY, status: 'active' }
    await apply(client, [active], '1')
    await client.query(`update almanac.schedules set status = 'disabled' where name = 'nightly'`)

    const [planned] = await plan(client, [{ ...active, priority: 2 }])
    await apply(client, [{ ...active, priority: 2 }], '2')

    expect(planned?.warnings).toEqual([
      "The code says active, and it stays disabled: after it is created, the switch is people's.",
    ])
    expect(await schedules(client, 'status, priority')).toEqual([{ status: 'disabled', priority: 2 }])
  }))

it.each([
  ['a column', `update almanac.schedules set cron_expression = '0 3 * * *' where name = 'nightly'`],
  [
    'update_schedule()',
    `select almanac.update_schedule(s.id, '{"priority": 0}') from almanac.schedules s
    where name = 'nightly'`,
  ],
  ['schedule_cron()', `select almanac.schedule_cron('nightly', '0 3 * * *', 'almanac:noop')`],
  ['unschedule()', `select almanac.unschedule('nightly')`],
  ['delete', `delete from almanac.schedules where name = 'nightly'`],
])('a change manually is refused: %s', (_, statement) =>
  inTransaction(db, async (client) => {
    await apply(client, [NIGHTLY], '1')

    const error = await refusal(client.query(statement))

    expect(error).toMatchObject({
      code: 'AL040',
      message: 'Schedule nightly is defined in code by app and is not changed manually.',
    })
  }),
)

it('switch, pause, trigger and single occurrences stay with people', () =>
  inTransaction(db, async (client) => {
    await apply(client, [NIGHTLY], '1')

    await client.query(`update almanac.schedules set status = 'active' where name = 'nightly'`)
    await client.query(`select almanac.pause('nightly', 'stock-taking'), almanac.resume('nightly')`)
    await client.query(`select almanac.trigger_now('nightly')`)
    await client.query(`
      select almanac.skip_occurrence('nightly', u.scheduled_for) from almanac.upcoming('nightly', max_count => 1) u;
      select almanac.move_occurrence('nightly', u.scheduled_for, u.scheduled_for + interval '1 hour')
      from almanac.upcoming('nightly', max_count => 1) u`)

    expect(await schedules(client, 'status, has_overrides')).toEqual([
      { status: 'active', has_overrides: true },
    ])
    expect(await plan(client, [NIGHTLY])).toMatchObject([{ action: 'unchanged' }])
  }))

it('whose code a schedule is, no one writes', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_cron('mine', '0 2 * * *', 'almanac:noop')`)

    const error = await refusal(
      client.query(`update almanac.schedules set managed_by = 'app' where name = 'mine'`),
    )

    expect(error).toMatchObject({ code: 'AL008', column: 'managed_by' })
  }))

it('a schedule made manually is touched only if it is named for it', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_cron('nightly', '0 3 * * *', 'almanac:noop')`)
    const [refused] = await plan(client, [NIGHTLY])
    await client.query('savepoint before')
    const error = await refusal(apply(client, [NIGHTLY], '1'))
    await client.query('rollback to before')

    expect(refused).toMatchObject({ action: 'refused', refusals: [{ code: 'AL041', field: 'name' }] })
    expect(error).toMatchObject({
      code: 'AL041',
      detail: expect.stringContaining('nightly: A schedule of this name') as string,
    })
    expect(await apply(client, [NIGHTLY], '1', { adopt: ['nightly'] })).toMatchObject([
      { action: 'adopted', changes: [{ field: 'cron_expression' }] },
    ])
    expect(await schedules(client)).toMatchObject([{ status: 'active', managed_by: 'app' }])
  }))

it('other code, and what is made manually, is left alone', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_cron('mine', '0 3 * * *', 'almanac:noop')`)
    await apply(client, [NIGHTLY], '1')

    expect(await apply(client, [], '1', { owner: 'other' })).toEqual([])
    const [refused] = await plan(client, [NIGHTLY], { owner: 'other' })

    expect(await schedules(client, 'name')).toEqual([{ name: 'mine' }, { name: 'nightly' }])
    expect(refused?.refusals).toMatchObject([{ message: 'The schedule is defined in code by app.' }])
  }))

it('a schedule that is released is changed manually, and the code that still has it is refused', () =>
  inTransaction(db, async (client) => {
    await apply(client, [NIGHTLY], '1')

    await client.query(`select almanac.release_schedule('nightly'), almanac.release_schedule('nightly')`)
    await client.query(`update almanac.schedules set priority = 0 where name = 'nightly'`)

    expect(await schedules(client)).toMatchObject([{ managed_by: null, managed_version: null }])
    expect(await plan(client, [NIGHTLY])).toMatchObject([{ action: 'refused' }])
  }))

it('every definition that is wrong is named, with all that is wrong, and nothing is changed', () =>
  inTransaction(db, async (client) => {
    const planned = await plan(client, [
      { ...NIGHTLY, cron_expression: '0 25 * * *', task_identifier: 'nope', tags: [''] },
      { ...NIGHTLY, name: 'two', jiter: '1 minute' },
      { ...NIGHTLY, name: 'two' },
      { ...NIGHTLY, name: 'three', owner_user: 1 },
      { ...NIGHTLY, name: 'four', status: 'paused' },
      { name: 'five', kind: 'manual' },
      { name: 'almanac:six', kind: 'manual', task_identifier: 'almanac:noop' },
      { kind: 'manual' },
      7,
    ])

    expect(
      planned.map(({ name, action, refusals }) => [name, action, refusals.map(({ field }) => field)]),
    ).toEqual([
      ['nightly', 'refused', ['task_identifier', 'tags', 'cron_expression']],
      ['two', 'refused', ['jiter']],
      ['two', 'refused', ['name']],
      ['three', 'refused', ['owner_user']],
      ['four', 'refused', ['status']],
      ['five', 'refused', ['task_identifier']],
      ['almanac:six', 'refused', ['name']],
      [null, 'refused', ['name']],
      [null, 'refused', [null]],
    ])
    expect(planned.flatMap(({ refusals }) => refusals).filter(({ hint }) => !hint)).toEqual([])
  }))

it('definitions have a bound', () =>
  inTransaction(db, async (client) => {
    const many = Array.from({ length: 1001 }, (_, index) => ({ ...NIGHTLY, name: `n${index}` }))

    expect(await refusal(plan(client, many))).toMatchObject({ code: 'AL019', column: 'definitions' })
  }))

it('the defaults of what a definition leaves out are those of the columns', async () => {
  const [row] = await db.query<{ columns: unknown; defaults: unknown }>(`
    with made as (
      select to_jsonb(s) as row from almanac.create_schedule(
        '{"name": "d", "kind": "manual", "task_identifier": "almanac:noop"}') s)
    select (select jsonb_object_agg(d.key, d.value) from jsonb_each(row) d
        where d.key = any (almanac_private.code_columns()) and d.value <> 'null'
          and d.key not in ('name', 'kind', 'task_identifier')) as columns,
      (select jsonb_object_agg(d.key, d.value) from jsonb_each(to_jsonb(almanac_private.read_definition(
        almanac_private.definition_defaults()))) d where d.value <> 'null') as defaults
    from made`)

  expect(row?.defaults).toEqual(row?.columns)
})
