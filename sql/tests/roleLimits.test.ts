import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

/** Bytes of an empty payload. */
const EMPTY = 5
const OPERATOR = 'almanac_operator'
const START = '2030-01-01T00:00:00Z'
const HOUR = 3600

const limit = (client: ClientBase, name: string, most: number | null) =>
  client.query(
    `insert into almanac_private.settings values ($1, $2) on conflict (key) do update set value = excluded.value`,
    [name, JSON.stringify(most)],
  )

/** Schedules that an operator made, or another role, due for the first time at the start. */
async function schedules(
  client: ClientBase,
  count: number,
  { role = OPERATOR, prefix = 's', every = 60, payload = '{}', ...settings }: Setup = {},
) {
  await asRole(client, role, (as) =>
    as.query(
      `select almanac.schedule_every($1 || i, make_interval(secs => $2), 'almanac:noop', $3,
         settings => $4) from generate_series(1, $5) i`,
      [prefix, every, payload, JSON.stringify({ overlap_policy: 'allow', ...settings }), count],
    ),
  )
  await client.query(`set local almanac.engine = on`)
  await client.query(
    `
     update almanac.schedules set created_at = '${START}', cursor_at = timestamptz '${START}' - interval '1 ms',
       next_scheduled_for = '${START}', next_run_at = '${START}' where name ~ ('^' || $1 || '\\d+$')`,
    [prefix],
  )
  await client.query(
    `
     update almanac_private.rule_versions v set valid_from = s.cursor_at, rule = almanac_private.rule_of(s)
     from almanac.schedules s where s.id = v.schedule_id and s.name ~ ('^' || $1 || '\\d+$')`,
    [prefix],
  )
  await client.query(`set local almanac.engine = off`)
}
interface Setup {
  readonly role?: string
  readonly prefix?: string
  readonly every?: number
  readonly payload?: string
  readonly [setting: string]: unknown
}

/** Fires all that is due that many seconds after the start. */
async function fire(client: ClientBase, seconds: number) {
  let calls = 0
  for (; calls < 100; calls++) {
    const { rows } = await client.query<{ moved: number; again: boolean }>(
      `select f.moved, f.next_due <= t.at as again
       from (values (timestamptz '${START}' + make_interval(secs => $1))) t(at), almanac_private.fire_due(t.at) f`,
      [seconds],
    )
    if (!rows[0]?.again) return calls + 1
    expect(rows[0].moved).toBeGreaterThan(0)
  }
  throw new Error('It does not come to an end.')
}

const runs = async (client: ClientBase, prefix = 's') =>
  (
    await client.query<{ count: number }>(
      `select count(*)::int as count from almanac.runs where schedule_name ~ ('^' || $1 || '\\d+$')`,
      [prefix],
    )
  ).rows[0]!.count
const looks = async (client: ClientBase) =>
  (
    await client.query<{ at: string; count: number }>(
      `select to_char(next_run_at at time zone 'UTC', 'HH24:MI:SS') as at, count(*)::int as count
       from almanac.schedules where name ~ '^s\\d+$' group by 1 order by 1`,
    )
  ).rows.map(({ at, count }) => `${at} ${count}`)

describe('a role that has met a limit', () => {
  it('fires as many runs as an hour allows; the rest is put off until it may go on', () =>
    inTransaction(db, async (client) => {
      await limit(client, 'runs_per_hour', 3)
      await schedules(client, 5, { every: 2 * HOUR, late_tolerance: '2 hours' })

      await fire(client, 0)
      expect(await runs(client)).toBe(3)
      expect(await looks(client)).toEqual(['01:00:00 2', '02:00:00 3'])

      await fire(client, 10)
      expect(await runs(client)).toBe(3)

      await fire(client, HOUR)
      expect(await runs(client)).toBe(5)
    }))

  it('keeps no one else from firing', () =>
    inTransaction(db, async (client) => {
      await limit(client, 'runs_per_hour', 2)
      await schedules(client, 5)
      await schedules(client, 5, { role: 'almanac_admin', prefix: 'admins' })
      await client.query('create role limits_other in role almanac_operator')
      await client.query('grant limits_other to current_user')
      await schedules(client, 2, { role: 'limits_other', prefix: 'others' })

      await fire(client, 0)

      expect([await runs(client), await runs(client, 'admins'), await runs(client, 'others')]).toEqual([
        2, 5, 2,
      ])
    }))

  it('may be a user of the web client: others are not kept from firing, although all run as one role', () =>
    inTransaction(db, async (client) => {
      await limit(client, 'runs_per_hour', 2)
      await schedules(client, 1, { prefix: 'a' })
      await schedules(client, 1, { prefix: 'b', every: HOUR })
      const { rows: users } = await client.query<{ id: string }>(
        `insert into almanac.users (username, role) values ('ann', 'operator'), ('bob', 'operator') returning id`,
      )
      await client.query(`set local almanac.engine = on`)
      for (const [index, name] of ['a1', 'b1'].entries())
        await client.query('update almanac.schedules set owner_user = $1 where name = $2', [
          users[index]!.id,
          name,
        ])
      await client.query(`set local almanac.engine = off`)

      await fire(client, 600)

      expect([await runs(client, 'a'), await runs(client, 'b')]).toEqual([2, 1])
      const { rows } = await client.query(
        `select run_as, who, used::int from almanac.limits()
         where limit_name = 'runs_per_hour' order by who`,
      )
      expect(rows).toEqual([
        { run_as: OPERATOR, who: 'ann', used: 2 },
        { run_as: OPERATOR, who: 'bob', used: 1 },
      ])
    }))

  it('has a name that people know, also when its user has been deleted', () =>
    inTransaction(db, async (client) => {
      const { rows } = await client.query<{ id: string }>(
        `insert into almanac.users (username, role) values ('ann', 'operator') returning id`,
      )
      const id = rows[0]!.id
      const ofUser = `${OPERATOR} user ${id}`
      await client.query(
        `insert into almanac_private.fired (account, minute, backend, runs, bytes)
         values ($1, date_trunc('minute', clock_timestamp()), 1, 1, 0)`,
        [ofUser],
      )
      const names = async () =>
        (
          await client.query<{ names: unknown }>(
            `select array[almanac_private.account_label($1), almanac_private.account_label($2),
               almanac_private.account_name($1, $3),
               (select who from almanac.limits() where limit_name = 'runs_per_hour')] as names`,
            [OPERATOR, ofUser, id],
          )
        ).rows[0]!.names

      expect(await names()).toEqual(['the role almanac_operator', 'the user ann', 'ann', 'ann'])
      await client.query(`delete from almanac.users where username = 'ann'`)

      const deleted = `deleted user ${id}`
      expect(await names()).toEqual(['the role almanac_operator', `the ${deleted}`, deleted, deleted])
    }))

  it('is not looked at again until then', () =>
    inTransaction(db, async (client) => {
      await limit(client, 'runs_per_hour', 1)
      await schedules(client, 20)
      await fire(client, 0)
      const before = (await client.query('select xmin, id from almanac.schedules order by id')).rows

      expect(await fire(client, 59)).toBe(1)

      expect((await client.query('select xmin, id from almanac.schedules order by id')).rows).toEqual(before)
      expect(
        (
          await client.query(
            `select from graphile_worker.jobs where key like 'schedule:%' and run_at < timestamptz '${START}' + interval '1 minute'`,
          )
        ).rows,
      ).toEqual([])
    }))

  it('has what it did not run recorded as its missed-run policy says, and nothing is lost', () =>
    inTransaction(db, async (client) => {
      await limit(client, 'runs_per_hour', 1)
      await schedules(client, 1, { every: 600 })
      await schedules(client, 1, { every: 600, prefix: 't', missed_run_policy: 'skip' })

      await fire(client, 0)
      await limit(client, 'runs_per_hour', 100)
      await fire(client, HOUR + 30)

      const { rows } = await client.query<{ line: string }>(
        `select schedule_name || ' ' || reason || ' ' || count as line from almanac.omissions order by 1`,
      )
      expect(rows.map(({ line }) => line)).toEqual(['s1 missed 5', 't1 missed 6'])
      expect(
        (await client.query('select * from almanac.check_ledger($1, $2)', [START, '2030-01-01T01:00:30Z']))
          .rows,
      ).toEqual([])
      const { rows: why } = await client.query<{ why: string }>(
        `select almanac.why('t1', '2030-01-01T00:10:00Z')`,
      )
      expect(why[0]?.why).toContain('had reached the limit runs_per_hour (1)')
    }))

  it.each([
    ['small', `{"x": "${'y'.repeat(1000)}"}`],
    ['large, and compressed where it lies', `{"x": "${'y'.repeat(100_000)}"}`],
    [
      'large, and hard to compress',
      JSON.stringify(Array.from({ length: 9000 }, (_, i) => (i * 7919 * 104729) % 1e9))
        .replace(/^/, '{"x":')
        .replace(/$/, '}'),
    ],
  ])('fires as many bytes of payload as an hour allows: %s', (_, payload) =>
    inTransaction(db, async (client) => {
      await limit(client, 'payload_bytes_per_hour', payload.length * 4.5)
      await schedules(client, 10, { payload })

      await fire(client, 0)

      expect(await runs(client)).toBe(4)
    }),
  )

  it('fires a twentieth of an hour’s bytes in one minute, and continues in the next', () =>
    inTransaction(db, async (client) => {
      await limit(client, 'payload_bytes_per_hour', 200_000_000)
      await schedules(client, 60, { every: HOUR, payload: `{"x": "${'y'.repeat(250_000)}"}` })

      await fire(client, 0)
      expect(await runs(client)).toBe(39)
      expect(await looks(client)).toEqual(['00:01:00 21', '01:00:00 39'])
      await fire(client, 60)

      expect(await runs(client)).toBe(60)
    }))

  it.each([
    ['results', { status: 'succeeded', result: 'y'.repeat(60_000) }, 60_000],
    // Kept with the run and with its attempt.
    ['errors', { status: 'failed', error: 'y'.repeat(10_000), isPermanent: true }, 20_000],
    ['errors of attempts that are retried', { status: 'failed', error: 'y'.repeat(10_000) }, 20_000],
  ])('counts the bytes of %s as well as those of payloads', (_, outcome, bytes) =>
    inTransaction(db, async (client) => {
      await limit(client, 'payload_bytes_per_hour', 2 * bytes)
      await schedules(client, 3, { every: 600 })
      await schedules(client, 3, { role: 'almanac_admin', prefix: 'admins', every: 600 })
      await fire(client, 0)

      await client.query(
        `with w as materialized (select almanac_private.register_worker('w', 'w', 1, '0', 9) as id),
           r as (select array_agg(id order by id) as ids, array_agg(scheduled_for order by id) as times from almanac.runs)
         select almanac_private.begin_runs(w.id, r.ids, r.times, null, $1) from w, r`,
        [START],
      )
      await client.query(
        `select almanac_private.finish_runs(w.id, (
           select jsonb_agg($2::jsonb || jsonb_build_object('runId', r.id, 'scheduledFor', r.scheduled_for)) from almanac.runs r), $1)
         from almanac.workers w`,
        [START, outcome],
      )

      expect(
        (
          await client.query(
            `select account as run_as, sum(bytes)::int as bytes from almanac_private.fired group by 1`,
          )
        ).rows,
      ).toEqual([{ run_as: OPERATOR, bytes: 3 * (bytes + EMPTY) }])
      await fire(client, 600)
      expect(await runs(client)).toBe(3)
      expect(await runs(client, 'admins')).toBe(6)
    }),
  )

  it('has as many unfinished runs as it may; when some have ended it continues', () =>
    inTransaction(db, async (client) => {
      await limit(client, 'unfinished_runs', 4)
      await schedules(client, 3, { every: 20, late_tolerance: '10 seconds' })

      await fire(client, 0)
      await fire(client, 20)
      expect(await runs(client)).toBe(4)
      expect(await looks(client)).toEqual(['00:00:30 2', '00:00:40 1'])
      await fire(client, 30)
      expect(await runs(client)).toBe(4)

      await client.query(`select almanac.cancel_queued(run_as => '${OPERATOR}')`)
      await fire(client, 60)

      expect(await runs(client)).toBe(7)
    }))

  it('triggers no run whose payload has no room left', () =>
    inTransaction(db, async (client) => {
      const payload = `{"x": "${'y'.repeat(1000)}"}`
      await limit(client, 'payload_bytes_per_hour', payload.length * 4.5)
      await schedules(client, 1, { payload })
      const trigger = (own: string | null = null) =>
        asRole(client, OPERATOR, (as) => as.query(`select almanac.trigger_now('s1', $1)`, [own]))
      for (let count = 0; count < 4; count++) await trigger()

      expect(await refusal(trigger())).toMatchObject({
        code: 'AL028',
        message: expect.stringContaining('payload_bytes_per_hour allows') as string,
      })
      await trigger('{}')
    }))

  it('counts what was triggered, and an operator triggers no more', () =>
    inTransaction(db, async (client) => {
      await limit(client, 'runs_per_hour', 3)
      await schedules(client, 1)
      const trigger = (role: string, count = 1) =>
        asRole(client, role, (as) =>
          as.query(`select almanac.trigger_now('s1') from generate_series(1, $1)`, [count]),
        )
      await trigger(OPERATOR, 2)
      await trigger('almanac_admin')

      expect(await refusal(trigger(OPERATOR))).toMatchObject({
        code: 'AL028',
        message:
          'Schedules of the role almanac_operator have made 3 runs in the last hour, and runs_per_hour allows 3.',
        hint: expect.stringMatching(
          /^Try again after \w{3} \d\d \w{3} \d{4} \d\d:\d\d:\d\d \(UTC\)\. /,
        ) as string,
      })
      await trigger('almanac_admin')
    }))

  it('fires nothing by being edited, but can be edited, paused and deleted', () =>
    inTransaction(db, async (client) => {
      await limit(client, 'runs_per_hour', 1)
      await asRole(client, OPERATOR, (as) =>
        as.query(`select almanac.schedule_every('e' || i, '1 second', 'almanac:noop',
          settings => '{"overlap_policy": "allow", "late_tolerance": "1 day"}') from generate_series(1, 4) i`),
      )
      await client.query(`set local almanac.engine = on`)
      await client.query(`update almanac.schedules set cursor_at = cursor_at - interval '1 hour',
        next_scheduled_for = next_scheduled_for - interval '1 hour', next_run_at = next_run_at - interval '1 hour'`)
      await client.query(`set local almanac.engine = off`)
      await client.query(`select almanac.trigger_now('e4')`)

      for (const statement of [
        `update almanac.schedules set every = '2 seconds' where name = 'e1'`,
        `select almanac.pause('e2')`,
        `select almanac.unschedule('e3')`,
      ])
        await asRole(client, OPERATOR, (as) => as.query(statement))

      expect(await runs(client, 'e')).toBe(1)
      const { rows } = await client.query<{ line: string }>(
        `select schedule_name || ' ' || reason as line from almanac.omissions order by 1`,
      )
      expect(rows.map(({ line }) => line)).toEqual(['e1 missed', 'e2 missed', 'e3 stopped'])
    }))

  it('is told by limits(), in words, with the way to change it', () =>
    inTransaction(db, async (client) => {
      await limit(client, 'runs_per_hour', 2)
      await asRole(client, OPERATOR, (as) =>
        as.query(
          `select almanac.schedule_every('n' || i, '1 hour', 'almanac:noop') from generate_series(1, 3) i`,
        ),
      )
      await client.query(`set local almanac.engine = on`)
      await client.query(`update almanac.schedules set cursor_at = t.at - interval '1 ms', created_at = t.at,
        next_scheduled_for = t.at, next_run_at = t.at from (values (date_trunc('second', now()))) t(at)`)
      await client.query(`update almanac_private.rule_versions v set valid_from = s.cursor_at,
        rule = almanac_private.rule_of(s) from almanac.schedules s where s.id = v.schedule_id`)
      await client.query(`set local almanac.engine = off`)
      await client.query('select almanac_private.fire_due()')

      const { rows } = await asRole(client, 'almanac_viewer', (as) =>
        as.query<{ note: string | null }>(
          `select limit_name, used::int, most::int, put_off::int, note from almanac.limits() where run_as is not null`,
        ),
      )

      expect(rows).toMatchObject([
        { limit_name: 'runs_per_hour', used: 2, most: 2, put_off: 1 },
        { limit_name: 'payload_bytes_per_hour', most: 1_000_000_000, put_off: 0, note: null },
        { limit_name: 'unfinished_runs', used: 2, most: 20_000, put_off: 0, note: null },
      ])
      expect((await client.query(`select almanac_private.health() -> 'limits' as limits`)).rows[0]).toEqual({
        limits: [{ limit: 'runs_per_hour', putOff: 1, until: expect.any(String) as string }],
      })
      expect((await client.query('select * from almanac.engine_state()')).rows[0]).toMatchObject({
        limited_who: `the role ${OPERATOR}`,
        limit_name: 'runs_per_hour',
        limit_most: '2',
        limited_count: '1',
      })
      expect(rows[0]!.note).toMatch(
        /^Schedules of the role almanac_operator have made 2 runs in the last hour, and runs_per_hour allows 2\. 1 schedule is put off, the first until \w{3} \d\d \w{3} \d{4} \d\d:\d\d:\d\d \(UTC\)\. .*runs_per_hour or runs_per_hour:almanac_operator in almanac_private\.settings\.$/,
      )
      expect(
        (
          await client.query(
            `select almanac.why(s.name, s.next_scheduled_for) from almanac.schedules s join almanac_private.put_off p on p.schedule_id = s.id`,
          )
        ).rows[0],
      ).toMatchObject({
        why: expect.stringContaining(
          'has reached the limit runs_per_hour (2), so it is put off until',
        ) as string,
      })
    }))
})

describe('a limit', () => {
  it.each([
    ['null for all roles means no limit', { runs_per_hour: null }, 5],
    [
      'of a role of its own comes before that of all',
      { runs_per_hour: 2, [`runs_per_hour:${OPERATOR}`]: 4 },
      4,
    ],
    ['null for a role means no limit', { runs_per_hour: 2, [`runs_per_hour:${OPERATOR}`]: null }, 5],
  ])('%s', (_, settings, expected) =>
    inTransaction(db, async (client) => {
      for (const [name, most] of Object.entries(settings)) await limit(client, name, most)
      await schedules(client, 5)

      await fire(client, 0)

      expect(await runs(client)).toBe(expected)
    }),
  )
})

it('one call fires large payloads in parts, and small ones next to them at once', () =>
  inTransaction(db, async (client) => {
    await schedules(client, 20, { payload: `{"x": "${'y'.repeat(250_000)}"}` })
    await schedules(client, 50, { prefix: 'small' })
    const counts: number[] = []
    for (let call = 0; call < 3; call++) {
      await client.query(`select almanac_private.fire_due('${START}')`)
      counts.push(await runs(client))
      expect(await runs(client, 'small')).toBe(50)
    }

    expect(counts).toEqual([8, 16, 20])
  }))

it('one that is behind with a large payload is settled in parts', () =>
  inTransaction(db, async (client) => {
    await schedules(client, 3, {
      every: 1,
      payload: `{"x": "${'y'.repeat(250_000)}"}`,
      late_tolerance: '1 day',
    })

    await client.query(`select almanac_private.fire_due(timestamptz '${START}' + interval '100 seconds')`)

    expect(await runs(client)).toBeLessThan(20)
  }))

it('what an open transaction has triggered keeps no one from firing', async () => {
  const [operator, engine] = [await db.connect('operator'), await db.connect('owner')]
  await operator.query(`select almanac.schedule_every('held' || i, '1 second', 'almanac:noop',
    settings => '{"overlap_policy": "allow"}') from generate_series(1, 2) i`)
  await operator.query(`select almanac.trigger_now('held1')`)
  await operator.query('begin')
  await operator.query(`select almanac.trigger_now('held1')`)
  await engine.query(`set lock_timeout = '1s'`)

  await engine.query(`select almanac_private.fire_due(clock_timestamp() + interval '5 seconds')`)

  await operator.query('rollback')
  expect(
    await db.query(`select distinct schedule_name from almanac.runs where trigger = 'schedule'`),
  ).toHaveLength(2)
})
