import type { ClientBase } from 'pg'
import { expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { randomFrom } from '../../tests/random.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

/** Minutes from the beginning of the transaction, which is what its clock says. */
const fire = (client: ClientBase, minutes: number) =>
  client.query(`select almanac_private.fire_due(now() + $1 * interval '1 minute')`, [minutes])
const every = (client: ClientBase, settings: Record<string, unknown> = {}) =>
  client.query(`select almanac.schedule_every('x', '10 minutes', 'almanac:noop', settings => $1)`, [
    { overlap_policy: 'allow', ...settings },
  ])
async function ask(client: ClientBase, text: string): Promise<unknown> {
  const { rows } = await client.query<Record<string, unknown>>(text)
  return Object.values(rows[0] ?? {})[0]
}
const dueIn = (client: ClientBase) =>
  ask(client, `select round(extract(epoch from next_run_at - now()) / 60)::int from almanac.schedules`)
const outcomes = (client: ClientBase) =>
  ask(
    client,
    `select array_agg(o.text order by o.text) from (
       select to_char(round(extract(epoch from scheduled_for - now()) / 60), 'FM000') || ' ' || status as text from almanac.runs
       union all
       select to_char(round(extract(epoch from lower(during) - now()) / 60), 'FM000') || ' ' || reason || ' × ' || count from almanac.omissions
     ) o`,
  )
const complaints = (client: ClientBase) =>
  client.query(`select * from almanac.check_ledger(now() - interval '1 day', now() + interval '1 day')`)

it('a clock that was ahead for two hours costs what ran then, and nothing else', () =>
  inTransaction(db, async (client) => {
    await every(client)
    await fire(client, 125)
    const before = [await dueIn(client), await outcomes(client)]

    await client.query('select from almanac.replan_from_now()')

    expect(before).toEqual([130, ['010 missed × 11', '120 queued']])
    expect([await dueIn(client), await outcomes(client)]).toEqual([10, ['120 queued']])
    for (const minute of [10, 20]) await fire(client, minute)
    expect(await outcomes(client)).toEqual(['010 queued', '020 queued', '120 queued'])
  }))

it('what ran ahead does not run again when its time comes, and every time has one outcome', () =>
  inTransaction(db, async (client) => {
    await every(client)
    await fire(client, 10)
    await fire(client, 25)
    await client.query('select from almanac.replan_from_now()')

    for (const minute of [10, 20, 30, 40]) await fire(client, minute)

    expect(await outcomes(client)).toEqual(['010 queued', '020 queued', '030 queued', '040 queued'])
    expect(await ask(client, 'select total_runs::int from almanac.schedules')).toBe(4)
    expect((await complaints(client)).rows).toEqual([])
  }))

it('a range that began before now keeps what lies before now', () =>
  inTransaction(db, async (client) => {
    await every(client, {
      starts_at: new Date(Date.now() - 35 * 60_000).toISOString(),
      catchup_window: '1 second',
    })
    await client.query(
      `select set_config('almanac.engine', 'on', true);
       update almanac.schedules set cursor_at = now() - interval '36 minutes', next_scheduled_for = starts_at, next_run_at = starts_at;
       update almanac_private.rule_versions set valid_from = now() - interval '36 minutes';
       select set_config('almanac.engine', 'off', true)`,
    )
    await fire(client, 61)

    await client.query('select from almanac.replan_from_now()')

    expect(await outcomes(client)).toEqual(['-035 missed × 4'])
    expect(await dueIn(client)).toBe(5)
    expect((await complaints(client)).rows).toEqual([])
  }))

it('a single run that was recorded as missed is still to run', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.schedule_at('x', now() + interval '1 hour', 'almanac:noop', settings => '{"missed_run_policy": "skip"}')`,
    )
    await fire(client, 120)
    const before = await ask(client, 'select status from almanac.schedules')

    await client.query('select from almanac.replan_from_now()')

    expect([before, await ask(client, 'select status from almanac.schedules')]).toEqual([
      'completed',
      'active',
    ])
    await fire(client, 60)
    expect(await outcomes(client)).toEqual(['060 queued'])
  }))

it('a schedule that was edited while the clock was ahead goes by its new rule from now on', () =>
  inTransaction(db, async (client) => {
    await every(client)
    await fire(client, 125)
    await client.query(`select almanac.schedule_every('x', '15 minutes', 'almanac:noop')`)

    await client.query('select from almanac.replan_from_now()')

    expect(await dueIn(client)).toBe(15)
    for (const minute of [15, 30]) await fire(client, minute)
    expect((await complaints(client)).rows).toEqual([])
  }))

it('a pause and a global stop that began while the clock was ahead hold from now on', () =>
  inTransaction(db, async (client) => {
    await every(client)
    await client.query(`select almanac.schedule_every('y', '10 minutes', 'almanac:noop')`)
    await fire(client, 125)
    await client.query(`select almanac.pause('x')`)
    await client.query(
      `insert into almanac.stops (stopped_at, stopped_by) values (now() + interval '2 hours', 'me')`,
    )

    await client.query('select from almanac.replan_from_now()')

    const since = (text: string) =>
      ask(client, `select ${text} between now() and now() + interval '1 minute'`)
    expect(await since(`(select paused_at from almanac.schedules where name = 'x')`)).toBe(true)
    expect(await ask(client, `select paused_at from almanac.schedules where name = 'y'`)).toBe(null)
    expect(await since('(select stopped_at from almanac.stops where resumed_at is null)')).toBe(true)
  }))

it('runs queued while the clock was ahead are taken at once', () =>
  inTransaction(db, async (client) => {
    await every(client)
    await fire(client, 20)
    await client.query(`select graphile_worker.reschedule_jobs(array(
      select id from graphile_worker.jobs where key like 'run:%'), run_at := now() + interval '20 minutes')`)

    await client.query('select from almanac.replan_from_now()')

    expect(
      await ask(
        client,
        `select run_at < now() + interval '1 minute' from graphile_worker.jobs where key like 'run:%'`,
      ),
    ).toBe(true)
  }))

it('checks of the ledger that were made while the clock was ahead are not the last ones', () =>
  inTransaction(db, async (client) => {
    await client.query(`insert into almanac.ledger_checks (checked_at, range_start, range_end, found, took_ms, stale_at)
      values (now() + interval '2 hours', now(), now() + interval '2 hours', 0, 1, now() + interval '4 hours')`)

    await client.query('select from almanac.replan_from_now()')

    expect(await ask(client, 'select count(*)::int from almanac.ledger_checks')).toBe(0)
  }))

it('a dry run says what would move, and moves nothing', () =>
  inTransaction(db, async (client) => {
    await every(client)
    await fire(client, 125)

    const told = await ask(
      client,
      `select array[extract(epoch from was_due_at - now()) / 60, extract(epoch from due_at - now()) / 60]::int[] from almanac.replan_from_now(dry_run => true)`,
    )

    expect(told).toEqual([130, 10])
    expect([await dueIn(client), await outcomes(client)]).toEqual([130, ['010 missed × 11', '120 queued']])
  }))

it('where the clock was never ahead there is nothing to plan again', () =>
  inTransaction(db, async (client) => {
    await every(client)

    expect((await client.query('select * from almanac.replan_from_now()')).rows).toEqual([])
  }))

it('only an admin plans all schedules again', () =>
  inTransaction(db, async (client) => {
    for (const role of ['almanac_viewer', 'almanac_operator', 'almanac_worker'])
      expect(
        await refusal(asRole(client, role, (as) => as.query('select almanac.replan_from_now()'))),
      ).toMatchObject({ code: 'AL011' })
    await asRole(client, 'almanac_admin', (as) => as.query('select almanac.replan_from_now()'))
  }))

it.each(Array.from({ length: 24 }, (_, seed) => seed))(
  'whatever its policies, calendars and overrides, every time has one outcome (seed %i)',
  (seed) =>
    inTransaction(db, async (client) => {
      const below = randomFrom(seed)
      const pick = <Choice>(...choices: Choice[]) => choices[below(choices.length)]!
      const minutes = (from: number, to: number) =>
        new Date(Date.now() + (from + below(to - from)) * 60_000).toISOString()
      await client.query(`select almanac.create_calendar('off')`)
      await client.query(`select almanac.exclude_range('off', $1, $2)`, [minutes(5, 20), minutes(25, 70)])
      await client.query(`select almanac.schedule_cron('x', $1, 'almanac:noop', settings => $2)`, [
        pick('* * * * *', '*/5 * * * *', '7-59/13 * * * *'),
        {
          overlap_policy: 'allow',
          missed_run_policy: pick('run_latest', 'run_all', 'skip'),
          catchup_window: `${1 + below(60)} minutes`,
          jitter: pick(null, '30 seconds'),
          calendars: pick([], ['off']),
          exclusion_policy: pick('skip', 'move'),
          max_runs: pick(null, 12),
        },
      ])
      const { rows } = await client.query<{ at: string }>(
        `select scheduled_for::text as at from almanac.upcoming('x', now() + interval '2 minutes', 12)`,
      )
      for (const { at } of rows.filter(() => below(4) === 0)) {
        if (below(2)) await client.query(`select almanac.skip_occurrence('x', $1)`, [at])
        else await client.query(`select almanac.move_occurrence('x', $1, $2)`, [at, minutes(1, 90)])
      }
      for (let ahead = 0; ahead < 60; ahead += 1 + below(30)) await fire(client, ahead)

      await client.query('select from almanac.replan_from_now()')
      for (let minute = 0; minute < 100; minute++) await fire(client, minute + 0.9)

      expect((await complaints(client)).rows).toEqual([])
      expect(
        await ask(
          client,
          `select count(*)::int from almanac.runs group by schedule_id, scheduled_for having count(*) > 1`,
        ),
      ).toBe(undefined)
    }),
)
