import type { ClientBase } from 'pg'
import { expect, test } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { begin, due, finish, order, scheduleIn, trigger } from './inGroups.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

async function sqlError(client: ClientBase, text: string) {
  await client.query('savepoint refused')
  const error = await refusal(client.query(text))
  await client.query('rollback to savepoint refused')
  return error
}

test('a group lets only so many of its runs go on at once, and one that ends makes way for the one that was fired first', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.set_resource_group('gpu', max_running => 2)`)
    await scheduleIn(client, 'train', 'gpu')
    const runs = await trigger(client, 'train', 5)

    expect(await begin(client, runs)).toEqual([runs[0]!.id, runs[1]!.id])
    expect(await due(client)).toEqual([])
    await finish(client, [runs[0]!])
    expect(await due(client)).toEqual([runs[2]])
    expect(await begin(client, [runs[4]!, runs[2]!])).toEqual([runs[2]!.id])
  }))

test('runs of no group, and of others, begin whatever waits', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.set_resource_group('gpu', max_running => 1), almanac.set_resource_group('mail', max_running => 1)`,
    )
    await scheduleIn(client, 'train', 'gpu')
    await scheduleIn(client, 'send', 'mail')
    await scheduleIn(client, 'free', null)
    const runs = [
      ...(await trigger(client, 'train', 2)),
      ...(await trigger(client, 'send')),
      ...(await trigger(client, 'free')),
    ]

    expect(await begin(client, runs)).toEqual([runs[0]!.id, runs[2]!.id, runs[3]!.id])
  }))

test('asked again for runs that have begun, the answer is the same, and they hold one place each', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.set_resource_group('gpu', max_running => 2)`)
    await scheduleIn(client, 'train', 'gpu')
    const runs = await trigger(client, 'train', 3)

    const begun = await begin(client, runs.slice(0, 1))
    expect(await begin(client, runs.slice(0, 1))).toEqual(begun)
    expect(await begin(client, runs.slice(1))).toEqual([runs[1]!.id])
  }))

test('urgent runs go first, and every fourth place is for the one that was fired first', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.set_resource_group('gpu', max_running => 1)`)
    for (const [priority, name] of ['urgent', 'normal', 'background'].entries())
      await scheduleIn(client, name, 'gpu', priority)
    const background = await trigger(client, 'background', 2)
    const normal = await trigger(client, 'normal')
    const urgent = await trigger(client, 'urgent', 7)
    await begin(client, [...background, ...normal, ...urgent])
    const { rows } = await client.query<{ schedule_name: string; id: string; at: string }>(
      `select schedule_name, id, scheduled_for::text as at from almanac.runs where status = 'running'`,
    )
    await finish(client, rows)

    expect([rows[0]!.schedule_name, ...(await order(client, 9))]).toEqual([
      'urgent',
      'urgent',
      'urgent',
      'background',
      'urgent',
      'urgent',
      'urgent',
      'background',
      'urgent',
      'normal',
    ])
  }))

test('a run that is tried again keeps its place before those that were fired later', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.set_resource_group('gpu', max_running => 1)`)
    await scheduleIn(client, 'train', 'gpu')
    await client.query(`update almanac.schedules set retry_delay = '0' where name = 'train'`)
    const runs = await trigger(client, 'train', 3)
    await begin(client, runs)

    await finish(client, [runs[0]!], '2020-01-01Z', 'failed')
    // The next has its place; it is the next but one.
    expect(await begin(client, [runs[0]!, runs[1]!])).toEqual([runs[1]!.id])
    await finish(client, [runs[1]!])
    expect(await begin(client, await due(client))).toEqual([runs[0]!.id])
  }))

test('one that was called and does not begin for five seconds makes way for the next, and is called again', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.set_resource_group('gpu', max_running => 1)`)
    await scheduleIn(client, 'train', 'gpu')
    const runs = await trigger(client, 'train', 3)
    await begin(client, runs)
    await finish(client, [runs[0]!], '2030-01-01 00:00:10Z')

    await client.query(`update almanac_private.group_line set priority = 0 where run_id = $1`, [runs[2]!.id])
    await client.query(`select almanac_private.call_waiting('2030-01-01 00:00:14Z')`)
    expect(await due(client)).toEqual([runs[1]])
    await client.query(`select almanac_private.call_waiting('2030-01-01 00:00:16Z')`)
    expect(await begin(client, [runs[1]!, runs[2]!], '2030-01-01 00:00:16Z')).toEqual([runs[2]!.id])
    await finish(client, [runs[2]!], '2030-01-01 00:00:17Z')
    expect(await begin(client, [runs[1]!], '2030-01-01 00:00:17Z')).toEqual([runs[1]!.id])
  }))

test('a cancelled run leaves the line and its place', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.set_resource_group('gpu', max_running => 1)`)
    await scheduleIn(client, 'train', 'gpu')
    const runs = await trigger(client, 'train', 4)
    await begin(client, runs)
    await client.query('select almanac.cancel_run($1)', [runs[2]!.id])
    await finish(client, [runs[0]!])
    await client.query('select almanac.cancel_run($1)', [runs[1]!.id])

    await client.query('select almanac_private.call_waiting()')
    expect(await due(client)).toEqual([runs[3]])
    const { rows } = await client.query<{ count: number }>(
      'select count(*)::int from almanac_private.group_line',
    )
    expect(rows).toEqual([{ count: 0 }])
  }))

test('a lower limit stops nothing, and none begins until there is room; a higher one is used at once', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.set_resource_group('gpu', max_running => 2)`)
    await scheduleIn(client, 'train', 'gpu')
    const runs = await trigger(client, 'train', 6)
    await begin(client, runs)
    await client.query(`select almanac.set_resource_group('gpu', max_running => 1)`)

    await finish(client, [runs[0]!])
    expect(await due(client)).toEqual([])
    await finish(client, [runs[1]!])
    expect(await due(client)).toEqual([runs[2]])
    await client.query(`select almanac.set_resource_group('gpu', max_running => 3)`)
    await client.query('select almanac_private.call_waiting()')
    expect(await due(client)).toEqual([runs[2], runs[3], runs[4]])
  }))

test('a group that runs wait for can be deleted once no schedule names it, and they begin', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.set_resource_group('gpu', max_running => 1)`)
    await scheduleIn(client, 'train', 'gpu')
    const runs = await trigger(client, 'train', 3)
    await begin(client, runs)

    expect(await sqlError(client, `select almanac.delete_resource_group('gpu')`)).toMatchObject({
      code: 'AL034',
      detail: 'By train.',
    })
    await client.query(`update almanac.schedules set resource_group = null`)
    await client.query(`select almanac.delete_resource_group('gpu')`)
    await client.query('select almanac_private.call_waiting()')
    expect(await begin(client, await due(client))).toEqual([runs[1]!.id, runs[2]!.id])
  }))

test('runs of a task belong to its group unless their schedule names another', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.set_resource_group('gpu', max_running => 1), almanac.set_resource_group('mail', max_running => 1)`,
    )
    await client.query(
      `select almanac_private.announce_tasks('[{"identifier": "train", "resource_group": "gpu"}, {"identifier": "lost", "resource_group": "none"}]')`,
    )
    await client.query(
      `insert into almanac.schedules (name, kind, task_identifier, resource_group)
       values ('by task', 'manual', 'train', null), ('by schedule', 'manual', 'train', 'mail'), ('unknown', 'manual', 'lost', null)`,
    )
    for (const name of ['by task', 'by schedule', 'unknown']) await trigger(client, name)
    await client.query(`select almanac.set_task_resource_group('train', 'mail')`)
    await trigger(client, 'by task')

    const { rows } = await client.query(
      'select schedule_name as name, resource_group as group from almanac.runs order by id',
    )
    expect(rows).toEqual([
      { name: 'by task', group: 'gpu' },
      { name: 'by schedule', group: 'mail' },
      { name: 'unknown', group: null },
      { name: 'by task', group: 'mail' },
    ])
  }))

test('a built-in task may be given a group', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.set_resource_group('api', max_running => 1)`)
    await client.query(`select almanac.set_task_resource_group('almanac:noop', 'api')`)
    await scheduleIn(client, 'call', null)
    const runs = await trigger(client, 'call', 2)

    expect(await begin(client, runs)).toEqual([runs[0]!.id])
  }))

test('one that waits for a slot of its worker keeps no one of its group waiting', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.set_resource_group('gpu', max_running => 1)`)
    await scheduleIn(client, 'train', 'gpu')
    const runs = await trigger(client, 'train', 3)
    await begin(client, runs)
    await finish(client, [runs[0]!])
    await client.query(
      `select almanac_private.begin_runs(1, $1, $2, $3,
         room => '{"slots": {"accounts": {}, "others": 0, "total": 0, "retryIn": {}},
           "statements": {"accounts": {}, "others": 1, "total": 1, "retryIn": {}}, "spacing": 10}')`,
      [[runs[1]!.id], [runs[1]!.at], [0]],
    )

    await client.query('select almanac_private.call_waiting()')
    expect(await begin(client, [runs[2]!])).toEqual([runs[2]!.id])
  }))

test('what was left behind by a crash of the past is put right', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.set_resource_group('gpu', max_running => 1)`)
    await scheduleIn(client, 'train', 'gpu')
    const runs = await trigger(client, 'train', 3)
    await begin(client, runs)
    await client.query(`update almanac.runs set status = 'succeeded', finished_at = now() where id = $1`, [
      runs[0]!.id,
    ])
    await client.query('delete from almanac_private.group_line where run_id = $1', [runs[1]!.id])
    await client.query('select almanac.reconcile()')

    expect(await begin(client, await due(client))).toEqual([runs[1]!.id])
  }))

test.each(['almanac_viewer', 'almanac_operator'])('%s sees groups and changes none', (role) =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.set_resource_group('gpu', max_running => 1)`)
    for (const text of [
      `select almanac.set_resource_group('gpu', max_running => 9)`,
      `select almanac.delete_resource_group('gpu')`,
      `select almanac.set_task_resource_group('almanac:noop', 'gpu')`,
    ])
      expect(await asRole(client, role, () => sqlError(client, text)), text).toMatchObject({ code: 'AL011' })
    for (const text of [
      `update almanac.resource_groups set max_running = 9`,
      `delete from almanac.resource_groups`,
      `insert into almanac.resource_groups (name, max_running, created_by, updated_by) values ('x', 1, 'x', 'x')`,
      `lock table almanac.resource_groups in row exclusive mode`,
    ])
      expect(await asRole(client, role, () => sqlError(client, text)), text).toMatchObject({ code: '42501' })

    const { rows } = await asRole(client, role, () =>
      client.query('select name, max_running from almanac.resource_groups'),
    )
    expect(rows).toEqual([{ name: 'gpu', max_running: 1 }])
  }),
)

test('operators use groups, and admins make them', () =>
  inTransaction(db, async (client) => {
    await asRole(client, 'almanac_admin', () =>
      client.query(`select almanac.set_resource_group('gpu', max_running => 1, description => 'two cards')`),
    )
    await asRole(client, 'almanac_operator', () => scheduleIn(client, 'train', 'gpu'))
    expect(
      await asRole(client, 'almanac_operator', () =>
        sqlError(client, `update almanac.schedules set resource_group = 'gpus' where name = 'train'`),
      ),
    ).toMatchObject({ code: 'AL034', detail: 'There is gpu.' })
    // The description stays unless another is given.
    await asRole(client, 'almanac_admin', () =>
      client.query(`select almanac.set_resource_group('gpu', max_running => 2)`),
    )
    const { rows } = await client.query('select max_running, description from almanac.resource_groups')
    expect(rows).toEqual([{ max_running: 2, description: 'two cards' }])
    await client.query(`select almanac.set_resource_group('gpu', max_running => 2, description => '')`)
    expect((await client.query('select description from almanac.resource_groups')).rows).toEqual([
      { description: null },
    ])
  }))

test.each([
  [`'', max_running => 1`, 'name'],
  [`repeat('x', 201), max_running => 1`, 'name'],
  [`'x '`, 'max_running'],
  [`'x ', max_running => 1`, 'name'],
  [`'x', max_running => -1`, 'max_running'],
  [`'x', max_running => 10001`, 'max_running'],
  [`'x', max_starts => 0, starts_per => '1 hour'`, 'max_starts'],
  [`'x', max_starts => 100001, starts_per => '1 hour'`, 'max_starts'],
  [`'x', max_starts => 1`, 'starts_per'],
  [`'x', max_running => 1, starts_per => '1 hour'`, 'starts_per'],
  [`'x', max_starts => 1, starts_per => '0.5 seconds'`, 'starts_per'],
  [`'x', max_starts => 1, starts_per => '1 month'`, 'starts_per'],
  [`'x', max_running => 1, description => repeat('x', 10001)`, 'description'],
])('set_resource_group(%s) is refused with the field at fault', (args, column) =>
  inTransaction(db, async (client) => {
    expect(await sqlError(client, `select almanac.set_resource_group(${args})`)).toMatchObject({
      code: 'AL019',
      column,
    })
  }),
)

test('there are at most a thousand groups', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.set_resource_group('group ' || i, max_running => 1) from generate_series(1, 1000) i`,
    )

    expect(await sqlError(client, `select almanac.set_resource_group('x', max_running => 1)`)).toMatchObject({
      code: 'AL012',
    })
    await client.query(`select almanac.set_resource_group('group 7', max_running => 2)`)
  }))

const startsOf = (minutes: readonly number[]) => minutes.map((minute) => `2030-01-01 00:${minute}:00Z`)

test('only so many attempts start in any range of a period, wherever it begins; then the next ones in line', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.set_resource_group('api', max_starts => 3, starts_per => '1 minute')`)
    await scheduleIn(client, 'call', 'api')
    const runs = await trigger(client, 'call', 8)
    const [first, later] = startsOf([10, 11])

    expect(await begin(client, runs, first)).toEqual(runs.slice(0, 3).map(({ id }) => id))
    await finish(client, runs.slice(0, 3), first)
    // A sixtieth more, as the second counts until it is past.
    for (const [seconds, called] of [
      [59, 0],
      [60, 0],
      [61, 3],
    ] as const) {
      const { rows } = await client.query<{ called: number }>(
        `select called from almanac_private.call_waiting($1::timestamptz + make_interval(secs => $2))`,
        [first, seconds],
      )
      expect(rows[0]!.called, `after ${seconds} s`).toBe(called)
    }
    expect(await begin(client, await due(client), later)).toEqual(runs.slice(3, 6).map(({ id }) => id))
  }))

test('a rate holds for every start, however they are spread over periods', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.set_resource_group('api', max_starts => 5, starts_per => '1 minute')`)
    await scheduleIn(client, 'call', 'api')
    const runs = await trigger(client, 'call', 60)
    for (let second = 0; second < 300; second += 7) {
      const at = new Date(Date.UTC(2030, 0, 1, 0, 0, second)).toISOString()
      await client.query('select almanac_private.call_waiting($1)', [at])
      const asked = second === 0 ? runs : await due(client)
      const begun = new Set(await begin(client, asked, at))
      await finish(
        client,
        asked.filter(({ id }) => begun.has(id)),
        at,
      )
    }

    const { rows } = await client.query<{ most: number; all: number }>(
      `select max(c.count)::int as most, count(*)::int as all from almanac.runs r cross join lateral (
         select count(*) from almanac.runs o where o.started_at > r.started_at - interval '1 minute' and o.started_at <= r.started_at) c
       where r.started_at is not null`,
    )
    expect(rows[0]!.most).toBe(5)
    expect(rows[0]!.all).toBeGreaterThanOrEqual(20)
  }))

test('a run that is tried again counts as a start again, and both limits hold together', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.set_resource_group('api', max_running => 2, max_starts => 3, starts_per => '1 hour')`,
    )
    await scheduleIn(client, 'call', 'api')
    await client.query(`update almanac.schedules set retry_delay = '0' where name = 'call'`)
    const runs = await trigger(client, 'call', 4)
    await begin(client, runs.slice(0, 1))
    await finish(client, runs.slice(0, 1), '2020-01-01Z', 'failed')

    expect(await begin(client, runs)).toHaveLength(2)
    await finish(client, runs.slice(0, 2))
    expect(await due(client)).toEqual([])
  }))

test('a waiting run says what it waits for, and its place in line; so do limits() and the group', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.set_resource_group('gpu', max_running => 1), almanac.set_resource_group('api', max_starts => 1, starts_per => '1 hour')`,
    )
    await scheduleIn(client, 'train', 'gpu')
    await scheduleIn(client, 'urgent', 'gpu', 0)
    await scheduleIn(client, 'call', 'api')
    const runs = [...(await trigger(client, 'train', 2)), ...(await trigger(client, 'urgent'))]
    const calls = await trigger(client, 'call', 2)
    await client.query(`select almanac_private.register_worker('w', 'w', 1, '0', 2, '{almanac:noop}')`)
    await begin(client, runs.slice(0, 1))
    await begin(client, runs.slice(1))
    await client.query(`select almanac_private.call_waiting()`)
    await begin(client, calls, new Date().toISOString())

    const [said, limits, groups] = await asRole(client, 'almanac_viewer', async () => [
      await client.query(
        `select almanac.runs_blocked_because(r) as because, almanac.runs_place_in_line(r) as place from almanac.runs r order by id`,
      ),
      await client.query(
        `select limit_name, used, most, put_off, until > now() + interval '59 minutes' as is_later, left(note, 60) as note
         from almanac.limits() where limit_name like 'resource_group:%'`,
      ),
      await client.query(
        `select name, almanac.resource_groups_running(g) as running, almanac.resource_groups_waiting(g) as waiting,
           almanac.resource_groups_starts(g) as starts from almanac.resource_groups g order by name`,
      ),
    ])
    expect(said.rows).toEqual([
      { because: null, place: null },
      {
        because: 'It waits for the resource group gpu: 1 of 1 runs is running. It is number 2 in line.',
        place: 2,
      },
      {
        because: 'It waits for the resource group gpu: 1 of 1 runs is running. It is number 1 in line.',
        place: 1,
      },
      { because: null, place: null },
      {
        because: expect.stringMatching(
          /^It waits for the resource group api: 1 of 1 starts in 1 hour are used, the next is possible after [\w :]+ \(UTC\)\. It is number 1 in line\.$/,
        ) as string,
        place: 1,
      },
    ])
    expect(limits.rows).toEqual([
      {
        limit_name: 'resource_group:api',
        used: '1',
        most: '1',
        put_off: '1',
        is_later: true,
        note: expect.stringContaining('1 run waits for the resource group api: ') as string,
      },
      {
        limit_name: 'resource_group:gpu',
        used: '1',
        most: '1',
        put_off: '2',
        is_later: null,
        note: '2 runs wait for the resource group gpu: 1 of 1 runs is runni',
      },
    ])
    expect(groups.rows).toEqual([
      { name: 'api', running: 1, waiting: 1, starts: 1 },
      { name: 'gpu', running: 1, waiting: 2, starts: null },
    ])
    const { rows: why } = await client.query<{ why: string }>(
      `select almanac.runs_why(r) as why from almanac.runs r where id = $1`,
      [runs[1]!.id],
    )
    expect(why[0]!.why).toContain('It is number 2 in line.')
  }))

test('advice names the schedules whose task belongs to a group that does not exist', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac_private.announce_tasks('[{"identifier": "train", "resource_group": "gpu"}]')`,
    )
    await client.query(
      `insert into almanac.schedules (name, kind, task_identifier) values ('train', 'manual', 'train')`,
    )
    const findings = () =>
      client.query(`select finding, message from almanac.advice() where finding = 'unknown group'`)

    expect((await findings()).rows).toEqual([
      {
        finding: 'unknown group',
        message:
          'Its task train belongs to the resource group gpu, which does not exist: its runs have no limit.',
      },
    ])
    await client.query(`select almanac.set_resource_group('gpu', max_running => 1)`)
    expect((await findings()).rows).toEqual([])
  }))
