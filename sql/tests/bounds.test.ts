import { describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

/** A value, as SQL, that each check constraint of a table forbids, by the column that a person has to change. */
const FORBIDDEN = {
  schedules: {
    schedule_catchup_per_minute_is_positive: ['catchup_per_minute', '0', '-5'],
    schedule_catchup_window_is_at_most_10_years: ['catchup_window', `'11 years'`],
    schedule_catchup_window_is_not_negative: ['catchup_window', `'-1 second'`],
    schedule_ends_after_it_starts: ['ends_at', `'2000-01-01'`, `'2099-01-01'`, `'infinity'`, `'-infinity'`],
    schedule_jitter_is_at_most_a_day: ['jitter', `'25 hours'`, `'-1 second'`],
    schedule_keep_failures_for_is_0_or_a_day_to_100_years: ['keep_failures_for', `'1 hour'`, `'101 years'`],
    schedule_keep_for_is_0_or_a_day_to_100_years: ['keep_for', `'23 hours'`, `'-1 day'`, `'101 years'`],
    schedule_keep_last_is_0_to_1_000_000: ['keep_last', '-1', '1000001'],
    schedule_late_tolerance_is_at_most_10_years: ['late_tolerance', `'100000 years'`],
    schedule_late_tolerance_is_not_negative: ['late_tolerance', `'-1 minute'`],
    schedule_max_attempts_is_positive: ['max_attempts', '0', '-1', '1001'],
    schedule_max_concurrent_is_positive: ['max_concurrent', '0', '-1'],
    schedule_max_runs_is_positive: ['max_runs', '0', '-1'],
    schedule_name_is_given: ['name', `''`, `repeat('x', 201)`],
    schedule_of_a_group_names_it: ['task_group', `'nightly'`],
    schedule_of_a_workflow_names_it: ['workflow_name', `'nightly'`],
    schedule_priority_is_0_1_or_2: ['priority', '-1', '3', '32767'],
    schedule_retry_backoff_is_at_least_1: ['retry_backoff', '0', '0.9', '101', `'NaN'`],
    schedule_retry_ceiling_is_at_most_10_years: ['retry_ceiling', `'11 years'`],
    schedule_retry_ceiling_is_not_negative: ['retry_ceiling', `'-1 second'`],
    schedule_retry_delay_is_at_most_10_years: ['retry_delay', `'11 years'`],
    schedule_retry_delay_is_not_negative: ['retry_delay', `'-1 second'`],
    schedule_task_group_is_short: ['task_group', `repeat('x', 201)`],
    schedule_timeout_is_at_most_10_years: ['timeout', `'11 years'`],
    schedule_timeout_is_not_negative: ['timeout', `'-1 second'`],
  },
  exclusion_calendars: { calendar_name_is_given: ['name', `''`, `repeat('x', 201)`] },
  tasks: {
    task_attempts_are_positive: ['default_max_attempts', '0', '-1'],
    task_isolation_is_small: ['isolation', `'[]'`, `'1'`, `jsonb_build_object('x', repeat('x', 500))`],
    task_identifier_is_valid: ['identifier', `''`, `'1'`, `'a b'`, `repeat('x', 129)`],
  },
  users: { username_is_one_word: ['username', `''`, `'a b'`, `repeat('x', 101)`] },
} as const
/** No constraint backs these; null means no limit where it is not among them. */
const MORE = [
  ['schedules', 'starts_at', `'-infinity'`],
  ['schedules', 'starts_at', `'infinity'`],
  ['schedules', 'tags', `'{crm,null}'`],
  ['schedules', 'tags', `'{""}'`],
  ['schedules', 'tags', `array[repeat('x', 101)]`],
  ['schedules', 'tags', `array_fill('x'::text, array[101])`],
  ['schedules', 'owner_user', '999'],
  ['exclusion_calendars', 'owner_user', '999'],
  ['exclusion_calendars', 'timezone', `'Mars/Olympus'`],
  ['users', 'timezone', `'Mars/Olympus'`],
  ['tasks', 'default_timeout', `'-1 second'`],
  ['tasks', 'default_retry_delay', `'-1 second'`],
  ['tasks', 'default_retry_backoff', '0'],
  ['tasks', 'default_retry_backoff', `'NaN'`],
  ['tasks', 'default_retry_ceiling', `'11 years'`],
  ['tasks', 'depends_on', 'null'],
  ['tasks', 'depends_on', `'{x}'`],
  ['tasks', 'depends_on', `'{unknown}'`],
  ['tasks', 'identifier', 'null'],
  ['users', 'role', 'null'],
  ['users', 'username', 'null'],
  ['exclusion_calendars', 'name', 'null'],
  ...[
    'name',
    'kind',
    'task_identifier',
    'timezone',
    'payload',
    'priority',
    'status',
    'overlap_policy',
    'missed_run_policy',
    'late_tolerance',
    'catchup_window',
    'catchup_per_minute',
    'tags',
    'calendars',
    'exclusion_policy',
  ].map((column) => ['schedules', column, 'null'] as const),
] as const
const ROWS = {
  schedules: `insert into almanac.schedules (name, kind, cron_expression, task_identifier, starts_at) values ('x', 'cron', '0 3 * * *', 'almanac:noop', '2100-01-01')`,
  exclusion_calendars: `insert into almanac.exclusion_calendars (name) values ('x')`,
  tasks: `insert into almanac.tasks (identifier) values ('x')`,
  users: `insert into almanac.users (username) values ('x')`,
}

const cases = [
  ...Object.entries(FORBIDDEN).flatMap(([table, constraints]) =>
    Object.values<readonly [string, ...string[]]>(constraints).flatMap(([column, ...values]) =>
      values.map((value) => [table, column, value] as const),
    ),
  ),
  ...MORE,
]

it('every check constraint of the tables that people write has values here', async () => {
  const rows = await db.query<{ name: string }>(
    `select c.conname as name from pg_constraint c join pg_class r on r.oid = c.conrelid
     where c.contype = 'c' and r.relnamespace in ('almanac'::regnamespace, 'almanac_private'::regnamespace)
       and has_table_privilege('almanac_admin', r.oid, 'insert, update') and r.relname not in ('calendar_entries', 'calendar_rules')
       -- What only the engine writes is refused whatever its value.
       and c.conname <> 'schedule_next_run_at_goes_with_next_scheduled_for'
       -- Functions write these, which say what is wrong: almanac.tasks has no such columns.
       and c.conname not in ('task_assigned_group_is_short', 'task_declared_group_is_short', 'task_problem_is_short')
       -- A number that the table gives is not written but by "overriding system value".
       and not exists (select from pg_attribute a where a.attrelid = r.oid and a.attnum = any (c.conkey) and a.attidentity = 'a')
     order by 1`,
  )

  expect(rows.map(({ name }) => name)).toEqual(
    Object.values(FORBIDDEN)
      .flatMap((constraints) => Object.keys(constraints))
      .sort(),
  )
})

describe('a value out of bounds is refused with code, column, detail and hint, not with a constraint and the row', () => {
  it.each(cases)('%s.%s = %s', (table, column, value) =>
    inTransaction(db, async (client) => {
      await client.query(ROWS[table as keyof typeof ROWS])
      const key = table === 'tasks' ? 'identifier' : table === 'users' ? 'username' : 'name'
      const refused = await refusal(
        client.query(`update almanac.${table} set ${column} = ${value} where ${key} = 'x'`),
      )

      expect(refused.code).toMatch(/^AL/)
      expect(refused.column).toBe(column)
      expect(refused.message).not.toMatch(/constraint|violates|relation/)
      expect(refused.detail).not.toContain('Failing row')
      expect(refused.detail).toBeTruthy()
      expect(refused.hint).toBeTruthy()
    }),
  )

  it.each(['0', '-1'])('on insert too: max_attempts = %s', (value) =>
    inTransaction(db, async (client) => {
      expect(
        await refusal(
          client.query(
            `insert into almanac.schedules (name, kind, task_identifier, max_attempts) values ('x', 'manual', 'almanac:noop', ${value})`,
          ),
        ),
      ).toMatchObject({ code: 'AL019', column: 'max_attempts' })
    }),
  )

  it.each(['total_runs', 'failed_runs', 'fired_runs', 'consecutive_failures', 'has_overrides'])(
    'a computed column is not written, also not to null: %s',
    (column) =>
      inTransaction(db, async (client) => {
        expect(
          await refusal(
            client.query(
              `insert into almanac.schedules (name, kind, task_identifier, ${column}) values ('x', 'manual', 'almanac:noop', null)`,
            ),
          ),
        ).toMatchObject({ code: 'AL008', column })
      }),
  )

  it('a preview refuses what saving does', async () => {
    expect(
      await refusal(
        db.query(`select almanac.preview('{"kind": "cron", "cron_expression": "@daily", "max_runs": 0}')`),
      ),
    ).toMatchObject({ code: 'AL019', column: 'max_runs' })
  })

  it('a plain insert without a task', async () => {
    expect(
      await refusal(db.query(`insert into almanac.schedules (name, kind) values ('x', 'manual')`)),
    ).toMatchObject({ code: 'AL005', column: 'task_identifier', message: 'A schedule needs a task.' })
  })

  it('a name that is taken keeps its code, and says by what', () =>
    inTransaction(db, async (client) => {
      await client.query(ROWS.schedules)
      await client.query(
        `select almanac.schedule_cron('gone', '@daily', 'almanac:noop'), almanac.unschedule('gone')`,
      )
      await client.query(`select almanac.schedule_cron('gone', '@daily', 'almanac:noop')`)

      for (const call of [
        `create_schedule('{"name": "x", "kind": "manual", "task_identifier": "almanac:noop"}')`,
        `update_schedule((select max(id) from almanac.schedules), '{"name": "x"}')`,
        `restore('gone')`,
      ]) {
        await client.query('savepoint s')
        expect(await refusal(client.query(`select almanac.${call}`))).toMatchObject({
          code: '23505',
          column: 'name',
          message: expect.stringMatching(/^A schedule '(x|gone)' already exists\.$/) as string,
        })
        await client.query('rollback to s')
      }
    }))
})

describe('an entry of a calendar', () => {
  it.each([
    ['calendar_id', `calendar_id`, '0'],
    ['calendar_id', `calendar_id`, 'null'],
    ['starts_on', `calendar_id`, 'id'],
    [
      'starts_on',
      `calendar_id, starts_on, starts_at, ends_at`,
      `id, '2100-01-01', '2100-01-01', '2100-01-02'`,
    ],
    ['starts_on', `calendar_id, starts_on`, `id, 'infinity'`],
    ['starts_on', `calendar_id, starts_on`, `id, '1899-12-31'`],
    ['ends_on', `calendar_id, starts_on, ends_on`, `id, '2100-01-04', '2100-01-03'`],
    ['ends_on', `calendar_id, starts_on, ends_on`, `id, '2100-01-04', 'infinity'`],
    ['ends_on', `calendar_id, starts_at, ends_at, ends_on`, `id, '2100-01-01', '2100-01-02', '2100-01-02'`],
    ['starts_at', `calendar_id, starts_at, ends_at`, `id, '-infinity', '2100-01-02'`],
    ['ends_at', `calendar_id, starts_at, ends_at`, `id, '2100-01-01', 'infinity'`],
    ['ends_at', `calendar_id, starts_at, ends_at`, `id, '2100-01-02', '2100-01-01'`],
    ['ends_at', `calendar_id, starts_at, ends_at`, `id, '2100-01-01', '2100-01-01'`],
    ['ends_at', `calendar_id, starts_at`, `id, '2100-01-01'`],
    ['ends_at', `calendar_id, starts_on, ends_at`, `id, '2100-01-01', '2100-01-01'`],
    ['duration', `calendar_id, starts_on, duration`, `id, '2100-01-01', '1 day'`],
    ['duration', `calendar_id, cron_expression`, `id, '@daily'`],
    ['duration', `calendar_id, cron_expression, duration`, `id, '@daily', '-1 day'`],
    ['duration', `calendar_id, cron_expression, duration`, `id, '@daily', '1 day 1 hour'`],
  ])('that cannot be used is refused with the column at fault: %s of (%s) %s', (column, columns, values) =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.create_calendar('off')`)

      const refused = await refusal(
        client.query(
          `insert into almanac.calendar_entries (${columns}) select ${values} from almanac.exclusion_calendars`,
        ),
      )

      expect(refused.code).toMatch(/^AL0(15|03)$/)
      expect(refused.column).toBe(column)
      expect(refused.detail).toBeTruthy()
      expect(refused.hint).toBeTruthy()
    }),
  )
})

it.each(['null', '1', '"x"', '[]', 'true'])(
  'a preview of %s, which is not a definition, is refused',
  (definition) =>
    inTransaction(db, async (client) => {
      expect(
        (await refusal(client.query(`select * from almanac.preview($1::jsonb)`, [definition]))).code,
      ).toBe('AL009')
    }),
)

it('reconciling what is due within a length of time that no calendar holds reconciles all', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_every('x', '1 hour', 'almanac:noop')`)
    await client.query(
      `select graphile_worker.remove_job('schedule:' || id) from almanac.schedules where name = 'x'`,
    )

    const { rows } = await client.query(
      `select repair, schedule_name from almanac.reconcile('1000000 years') where schedule_name = 'x'`,
    )

    expect(rows).toEqual([{ repair: 'armed', schedule_name: 'x' }])
  }))

it.each([[{}], [{ ics: 'x'.repeat(200_001) }]])(
  'a rule of a calendar without a text that can be kept is refused (%#)',
  (rule) =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.create_calendar('x')`)

      const importing = client.query(`select almanac.import_exclusions('x', 'a file', '[]', $1)`, [
        JSON.stringify([rule]),
      ])
      expect(await refusal(importing)).toMatchObject({
        code: 'AL015',
        hint: expect.stringContaining('"ics"') as string,
      })
    }),
)
