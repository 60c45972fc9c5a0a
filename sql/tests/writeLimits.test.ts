import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

const asOperator = (fn: (client: ClientBase, as: (text: string) => Promise<unknown>) => Promise<void>) =>
  inTransaction(db, (client) =>
    fn(client, (text) => asRole(client, 'almanac_operator', (operator) => operator.query(text))),
  )
const limit = (client: ClientBase, key: string, most: number | null) =>
  client.query(
    'insert into almanac_private.settings (key, value) values ($1, $2) on conflict (key) do update set value = $2',
    [key, JSON.stringify(most)],
  )

const DAILY = `select almanac.schedule_cron('daily', '0 0 * * *', 'almanac:noop')`
const CALENDAR = `select almanac.create_calendar('own')`
const days = (count: number) =>
  `insert into almanac.calendar_entries (calendar_id, starts_on)
   select c.id, date '2030-01-01' + n from almanac.exclusion_calendars c, generate_series(1, ${count}) n where c.name = 'own'`
const calendars = (count: number) =>
  `insert into almanac.exclusion_calendars (name) select 'c' || n from generate_series(1, ${count}) n`
const schedules = (count: number) =>
  `insert into almanac.schedules (name, kind, task_identifier)
   select 's' || n, 'manual', 'almanac:noop' from generate_series(1, ${count}) n`
const skips = (count: number) =>
  `select almanac.skip_occurrence('daily', t.scheduled_for) from almanac.upcoming('daily', max_count => ${count}) t`
const imported = (entries: number, rules: number) =>
  `select almanac.import_exclusions('own', 'file',
     (select jsonb_agg(jsonb_build_object('starts_on', date '2030-01-01' + n)) from generate_series(1, ${entries}) n),
     (select jsonb_agg(jsonb_build_object('label', n, 'ics', 'BEGIN')) from generate_series(1, ${rules}) n))`

describe('each kind of row that an operator writes has a limit an hour', () => {
  it.each([
    ['calendars', calendars(5), 'An operator may create at most 4 exclusion calendars an hour.'],
    [
      'calendars',
      `select almanac.create_business_days('b' || n) from generate_series(1, 5) n`,
      'An operator may create at most 4 exclusion calendars an hour.',
    ],
    ['exclusions', days(5), 'An operator may add at most 4 exclusions an hour.'],
    [
      'exclusions',
      `select almanac.exclude_dates('own', date '2030-01-01' + n) from generate_series(1, 5) n`,
      'An operator may add at most 4 exclusions an hour.',
    ],
    ['exclusions', imported(3, 2), 'An operator may add at most 4 exclusions an hour.'],
    ['overrides', skips(5), 'An operator may move or skip at most 4 occurrences an hour.'],
    [
      'overrides',
      `select almanac.move_occurrence('daily', t.scheduled_for, t.scheduled_for + interval '1 hour')
       from almanac.upcoming('daily', max_count => 1) t, generate_series(1, 5)`,
      'An operator may move or skip at most 4 occurrences an hour.',
    ],
    [
      'changes',
      `update almanac.schedules set description = 'x' from generate_series(1, 5) n where name = 'daily';
       select almanac.pause('daily') from generate_series(1, 5)`,
      'An operator may make at most 4 changes to schedules and calendars an hour.',
    ],
    [
      'changes',
      `select almanac.update_calendar('own', '{"description": "x"}') from generate_series(1, 5)`,
      'An operator may make at most 4 changes to schedules and calendars an hour.',
    ],
    [
      'changes',
      `${days(5)}; update almanac.calendar_entries set label = 'x'`,
      'An operator may make at most 4 changes to schedules and calendars an hour.',
    ],
  ])('%s: %s', (kind, statement, message) =>
    asOperator(async (client, as) => {
      await as(`${DAILY}; ${CALENDAR}`)
      await client.query('delete from almanac_private.uses')
      await limit(client, `${kind}_per_hour`, 4)

      const refused = await refusal(as(statement))

      expect(refused).toMatchObject({ code: 'AL028', message })
      expect(refused.hint).toContain(`${kind}_per_hour in almanac_private.settings`)
    }),
  )

  it.each([
    ['inserted', 2, 'insert'],
    ['changed', 1, 'update'],
  ])('bytes, also of a payload that is %s', (_, rows, how) =>
    asOperator(async (client, as) => {
      const payload = `(select jsonb_object_agg(n, md5(n::text)) from generate_series(1, 2000) n)`
      await as(DAILY)
      await client.query('delete from almanac_private.uses')
      await limit(client, 'written_bytes_per_hour', 50_000)

      const refused = await refusal(
        as(
          how === 'insert'
            ? `insert into almanac.schedules (name, kind, task_identifier, payload)
               select 'l' || n, 'manual', 'almanac:noop', ${payload} from generate_series(1, ${rows}) n`
            : `update almanac.schedules set payload = ${payload} where name = 'daily'`,
        ),
      )

      expect(refused).toMatchObject({
        code: 'AL028',
        message: 'An operator may write at most 50000 bytes of schedules and calendars an hour.',
      })
    }),
  )

  it('a role can have its own', () =>
    asOperator(async (client, as) => {
      const [{ session_user: login }] = (await client.query<{ session_user: string }>('select session_user'))
        .rows as [{ session_user: string }]
      await limit(client, 'calendars_per_hour', 1)
      await limit(client, `calendars_per_hour:${login}`, 3)

      await as(calendars(3))

      expect(await refusal(as(`select almanac.create_calendar('more')`))).toMatchObject({ code: 'AL028' })
    }))
})

describe('and one at once', () => {
  it.each([
    ['schedules', schedules(5), 'An operator may have at most 4 schedules that can still run.'],
    ['calendars', calendars(5), 'An operator may have at most 4 exclusion calendars.'],
    ['exclusions', days(5), 'A calendar of an operator may have at most 4 exclusions.'],
    ['exclusions', imported(3, 2), 'A calendar of an operator may have at most 4 exclusions.'],
    ['overrides', skips(5), 'An operator may move or skip at most 4 occurrences of one schedule.'],
  ])('%s: %s', (kind, statement, message) =>
    asOperator(async (client, as) => {
      await as(`${DAILY}; ${CALENDAR}`)
      await limit(client, `${kind}_at_once`, 4)

      const refused = await refusal(as(statement))

      expect(refused).toMatchObject({ code: 'AL028', message })
      expect(refused.hint).toContain(`${kind}_at_once in almanac_private.settings`)
    }),
  )

  it('what is deleted does not count, until it is restored', () =>
    asOperator(async (client, as) => {
      await limit(client, 'schedules_at_once', 4)
      await as(schedules(4))
      await as(`select almanac.unschedule('s1')`)
      await as(DAILY)

      expect(await refusal(as(`select almanac.restore('s1')`))).toMatchObject({ code: 'AL028' })
      await as(`select almanac.pause('s2')`)
    }))

  it('an import that replaces itself fits as before', () =>
    asOperator(async (client, as) => {
      await as(CALENDAR)
      await limit(client, 'exclusions_at_once', 4)
      await as(imported(3, 1))
      await as(imported(3, 1))
    }))
})

it('each table that an operator may write is counted', async () => {
  const uncounted = await db.query(
    `select c.oid::regclass::text as table_name, v.verb
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     cross join (values ('insert', 4), ('update', 16)) v(verb, bit)
     where n.nspname in ('almanac', 'almanac_private') and c.relkind in ('r', 'p')
       and has_any_column_privilege('almanac_operator', c.oid, v.verb)
       and not exists (
         select from pg_trigger t join pg_proc p on p.oid = t.tgfoid
         where t.tgrelid = c.oid and p.proname = 'tg_count_written' and t.tgtype & v.bit = v.bit)`,
  )

  expect(uncounted).toEqual([])
})

it.each(['almanac_admin', null])('%s, or else the owner, writes as much as they like', (role) =>
  inTransaction(db, async (client) => {
    for (const key of ['calendars', 'exclusions', 'overrides', 'changes', 'written_bytes'])
      await limit(client, `${key}_per_hour`, 0)
    for (const key of ['schedules', 'calendars', 'exclusions', 'overrides'])
      await limit(client, `${key}_at_once`, 0)
    const all = async (as: ClientBase) => {
      for (const statement of [DAILY, CALENDAR, days(5), calendars(5), imported(2, 2), skips(2)])
        await as.query(statement)
      await as.query(`select almanac.pause('daily')`)
    }

    if (role === null) await all(client)
    else await asRole(client, role, all)
  }),
)

it('the engine’s own writes are not the operator’s who is next to them', () =>
  asOperator(async (client, as) => {
    await as(`${CALENDAR}; ${DAILY}`)
    await as(`update almanac.schedules set calendars = '{own}' where name = 'daily'`)
    await client.query('delete from almanac_private.uses')

    await as(`select almanac.exclude_dates('own', current_date + 1)`)
    await as(`select almanac.trigger_now('daily')`)
    await client.query('set constraints all immediate')

    const { rows } = await client.query(`select kind, sum(count)::int as count from almanac_private.uses
      where kind <> 'written_bytes' group by kind order by kind`)
    expect(rows).toEqual([
      { kind: 'exclusions', count: 1 },
      { kind: 'triggers', count: 1 },
    ])
  }))

it('limits() tells what each operator has done and has, and what is reached', async () => {
  const operator = await db.connect('operator')
  await operator.query('begin')
  await operator.query(`${calendars(100)}; ${DAILY}`)

  const { rows } = await operator.query<{ limit_name: string; note: string | null }>(
    `select limit_name, used::int, most::int, note, until between now() and now() + interval '61 minutes' as is_until from almanac.limits()
     where run_as is null and who = session_user and limit_name <> 'written_bytes_per_hour'`,
  )

  expect(rows).toMatchObject([
    { limit_name: 'calendars_at_once', used: 100, most: 1000, note: null, is_until: null },
    { limit_name: 'calendars_per_hour', used: 100, most: 100, is_until: true },
    { limit_name: 'schedules_at_once', used: 1, most: 50_000, note: null, is_until: null },
    { limit_name: 'schedules_per_hour', used: 1, most: 1000, note: null, is_until: null },
  ])
  expect(rows[1]!.note).toMatch(
    /^An operator may create at most 100 exclusion calendars an hour\. \w+ has reached it \(100\): one more is possible after [\w :]+ \(UTC\)\. .*calendars_per_hour in almanac_private\.settings\.$/,
  )
  await operator.query('rollback')
})
