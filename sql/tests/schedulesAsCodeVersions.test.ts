import { expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { apply, NIGHTLY, plan } from './asCode.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

const HOURLY = { ...NIGHTLY, cron_expression: '0 * * * *' }
const ACTIVE = { ...NIGHTLY, status: 'active' }

it.each([
  ['1.9', '1.10'],
  ['1', '1.0.1'],
  ['v2', '3'],
  ['2026-12-01T06:00:00Z', '2026-12-01T06:00:00-01:00'],
  ['41', '2026-12-01T06:00Z'],
])('version %s is older than %s', (older, newer) =>
  inTransaction(db, async (client) => {
    await apply(client, [HOURLY], newer)
    await client.query('savepoint before')

    const error = await refusal(apply(client, [NIGHTLY], older))

    expect(error).toMatchObject({ code: 'AL042', column: 'version' })
    await client.query('rollback to before')
    expect(await apply(client, [NIGHTLY], older, { allowOlder: true })).toMatchObject([{ action: 'changed' }])
  }),
)

it('of the same version twice, neither is newer: other definitions are refused, the same are not', () =>
  inTransaction(db, async (client) => {
    await apply(client, [HOURLY], '1.0')
    expect(await apply(client, [HOURLY], 'v1')).toMatchObject([{ action: 'unchanged' }])

    expect(await refusal(apply(client, [NIGHTLY], '1.0'))).toMatchObject({
      code: 'AL044',
      message: 'Version v1 of the schedules of app is applied already, with other definitions.',
    })
  }))

it.each(['9f2c1e0', '', '1.2.0-rc.1', '2026-13-01T00:00Z', '1'.repeat(101)])(
  'a version that has no order is refused: %s',
  (version) =>
    inTransaction(db, async (client) => {
      expect(await refusal(apply(client, [NIGHTLY], version))).toMatchObject({
        code: 'AL019',
        column: 'version',
      })
    }),
)

it('what drifted since the plan is refused; runs, pauses and the switch do not count', () =>
  inTransaction(db, async (client) => {
    await apply(client, [ACTIVE], '1')
    const next = [{ ...ACTIVE, priority: 2 }]
    const hash = (await plan(client, next))[0]!.hash
    await client.query(`select almanac.trigger_now('nightly'), almanac.pause('nightly')`)
    await client.query(`set local timezone to 'Asia/Tokyo'`)
    expect((await plan(client, next))[0]?.hash).toBe(hash)
    await client.query(`select almanac.release_schedule('nightly')`)
    await client.query('savepoint before')

    const error = await refusal(apply(client, next, '2', { hash }))

    expect(error).toMatchObject({
      code: 'AL043',
      hint: 'Plan again, look at it, and apply that: almanac plan.',
    })
    await client.query('rollback to before')
    expect((await plan(client, next, { adopt: ['nightly'] }))[0]?.hash).not.toBe(hash)
  }))

it('what was planned is applied by its hash, and no other definitions are', () =>
  inTransaction(db, async (client) => {
    const hash = (await plan(client, [NIGHTLY]))[0]!.hash

    await client.query('savepoint before')
    expect(await refusal(apply(client, [HOURLY], '1', { hash }))).toMatchObject({ code: 'AL043' })
    await client.query('rollback to before')
    expect(await apply(client, [NIGHTLY], '1', { hash })).toMatchObject([{ action: 'created' }])
  }))

it('a plan counts what is added, removed and moved within 30 days, and lists the first ten', () =>
  inTransaction(db, async (client) => {
    await apply(client, [ACTIVE, { ...ACTIVE, name: 'gone' }, { ...NIGHTLY, name: 'off' }], '1')

    const planned = await plan(client, [
      { ...ACTIVE, cron_expression: '30 2 * * *' },
      { ...ACTIVE, name: 'new' },
      { ...NIGHTLY, name: 'off', cron_expression: '0 5 * * *' },
    ])

    expect(
      planned.map(({ name, action, added, removed, moved }) => [name, action, added, removed, moved]),
    ).toEqual([
      ['nightly', 'changed', '0', '0', '30'],
      ['new', 'created', '30', '0', '0'],
      ['off', 'changed', '0', '0', '0'],
      ['gone', 'archived', '0', '30', '0'],
    ])
    expect(planned.map(({ occurrences }) => occurrences.length)).toEqual([10, 10, 0, 10])
    expect(planned[0]?.occurrences[0]).toMatchObject({
      change: 'moved',
      was_due_at: expect.stringContaining('T02:00:00+00:00') as string,
      due_at: expect.stringContaining('T02:30:00+00:00') as string,
    })
  }))

it('of what is due too often, a plan says that not all is compared', () =>
  inTransaction(db, async (client) => {
    const [planned] = await plan(client, [{ ...ACTIVE, cron_expression: '* * * * * *' }])

    expect(planned?.warnings).toContain(
      'More than 100,000 occurrences in 30 days: they are not all compared.',
    )
  }))

it('a plan warns of what will never run, also of what is disabled', () =>
  inTransaction(db, async (client) => {
    const [planned] = await plan(client, [{ ...NIGHTLY, cron_expression: '0 2 30 2 *' }])

    expect(planned?.warnings[0]).toBe('No date ever matches its rule, 0 2 30 2 *.')
  }))

it('groups, all tasks and workflows are targets, and a newer workflow is a change', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.register_task('a', task_group => 'nightly')`)
    const workflow = (task: string) =>
      client.query(`select almanac.define_workflow('w', $1)`, [{ steps: [{ name: 's', task }] }])
    await workflow('a')
    const manual = { kind: 'manual' }
    const definitions = [
      { ...manual, name: 'all', target: 'all' },
      { ...manual, name: 'group', target: 'group', task_group: 'nightly' },
      { ...manual, name: 'workflow', target: 'workflow', workflow_name: 'w' },
    ]
    await apply(client, definitions, '1')
    expect((await plan(client, definitions)).map(({ action }) => action)).toEqual(Array(3).fill('unchanged'))

    await workflow('almanac:noop')

    const { rows } = await client.query(
      `select target, task_identifier, task_group, workflow_version from almanac.schedules where not is_system order by name`,
    )
    expect(rows).toEqual([
      { target: 'all', task_identifier: 'almanac:tasks', task_group: null, workflow_version: null },
      { target: 'group', task_identifier: 'almanac:tasks', task_group: 'nightly', workflow_version: null },
      { target: 'workflow', task_identifier: 'almanac:tasks', task_group: null, workflow_version: 2 },
    ])
    expect((await plan(client, definitions)).map(({ action }) => action)).toEqual(Array(3).fill('unchanged'))
  }))

it('an operator applies what is theirs; a viewer applies nothing, and no one what is someone else’s', () =>
  inTransaction(db, async (client) => {
    await client.query(`
      create role ann; create role eve; create role vic;
      grant almanac_operator to ann, eve; grant almanac_viewer to vic; grant ann, eve, vic to current_user`)

    await asRole(client, 'ann', (as) => apply(as, [NIGHTLY], '1'))

    const { rows } = await client.query(
      `select run_as, managed_by from almanac.schedules where name = 'nightly'`,
    )
    expect(rows).toEqual([{ run_as: 'ann', managed_by: 'app' }])
    const attempts = [
      ['eve', () => asRole(client, 'eve', (as) => apply(as, [], '2')), 'AL011'],
      [
        'eve',
        () => asRole(client, 'eve', (as) => apply(as, [NIGHTLY], '1', { owner: 'b', adopt: ['nightly'] })),
        'AL041',
      ],
      [
        'eve',
        () => asRole(client, 'eve', (as) => as.query(`select almanac.release_schedule('nightly')`)),
        'AL011',
      ],
      ['vic', () => asRole(client, 'vic', (as) => apply(as, [NIGHTLY], '1', { owner: 'v' })), '42501'],
      ['vic', () => asRole(client, 'vic', (as) => plan(as, [NIGHTLY])), '42501'],
      [
        'ann',
        () => asRole(client, 'ann', (as) => as.query(`select almanac_private.end_apply('app', '{}')`)),
        'AL013',
      ],
      [
        'ann',
        () => asRole(client, 'ann', (as) => as.query('select from almanac_private.codebases')),
        '42501',
      ],
    ] as const
    for (const [who, attempt, code] of attempts) {
      await client.query('savepoint before')
      expect([who, (await refusal(attempt())).code]).toEqual([who, code])
      await client.query('rollback to before')
    }
    expect(await asRole(client, 'ann', (as) => apply(as, [], '2'))).toMatchObject([{ action: 'archived' }])
  }))
