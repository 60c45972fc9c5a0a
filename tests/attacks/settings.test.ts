import { Client, type ClientBase } from 'pg'
import { expect, test } from 'vitest'
import { useTestWorkers } from '../../worker/testing/testWorkers.ts'
import { until } from '../../worker/testing/until.ts'

const workers = useTestWorkers()

/** Settings that any login may change, for itself or with `alter role`, by which texts, times and plans come out otherwise. */
const SETTINGS = [
  `DateStyle = 'German, DMY'`,
  `DateStyle = 'SQL, MDY'`,
  `IntervalStyle = 'sql_standard'`,
  `IntervalStyle = 'iso_8601'`,
  `IntervalStyle = 'postgres_verbose'`,
  `TimeZone = 'Pacific/Auckland'`,
  `timezone_abbreviations = 'India'`,
  `bytea_output = 'escape'`,
  `extra_float_digits = -15`,
  `standard_conforming_strings = off`,
  `array_nulls = off`,
  `quote_all_identifiers = on`,
  `transform_null_equals = on`,
  `xmloption = 'document'`,
  `search_path = pg_temp, almanac`,
  `client_encoding = 'LATIN1'`,
  `plpgsql.extra_errors = 'all'`,
  `plan_cache_mode = 'force_generic_plan'`,
  `plan_cache_mode = 'force_custom_plan'`,
  `enable_seqscan = off`,
  `enable_indexscan = off`,
  `from_collapse_limit = 1`,
  `work_mem = '64kB'`,
  `default_transaction_isolation = 'repeatable read'`,
  `default_transaction_isolation = 'serializable'`,
  `synchronous_commit = off`,
  `almanac.engine = 'on'`,
  `almanac.system = 'on'`,
  `jwt.claims.user_id = '1'`,
]

const DEFINE = `
  select almanac.schedule_cron('mine', '0 3 29 2 *', 'almanac:noop', '{"a": 1.50, "t": "x"}', 'Europe/Paris',
    '{"retry_delay": "00:00:05.5", "max_runs": 5, "timeout": "1.25 seconds", "starts_at": "2030-01-02T03:04:05.678901+01:00"}');
  select almanac.schedule_every('mine too', '36 hours 1 second', 'almanac:noop', settings => '{"starts_at": "2030-01-02T00:00:00Z"}');
  select almanac.schedule_at('mine once', '2031-02-03 04:05:06.7+00', 'almanac:noop');
  select almanac.create_calendar('days of mine', timezone => 'Europe/Paris');
  select almanac.exclude_dates('days of mine', '2030-02-03');
  select almanac.trigger_now('mine');
  select almanac.skip_occurrence('mine', (select u.scheduled_for from almanac.upcoming('mine', max_count => 1) u));
  select almanac.pause('mine too')`

const MADE = `
  select s.name, s.payload::text, s.kind, s.cron_expression, s.rule, s.run_as, s.created_by,
    extract(epoch from s.next_run_at)::text as next_run_at, extract(epoch from s.retry_delay)::text as retry_delay,
    extract(epoch from s.timeout)::text as timeout, extract(epoch from s.starts_at)::text as starts_at,
    extract(epoch from s.every)::text as every, extract(epoch from s.run_at)::text as run_at, s.status,
    (select string_agg(o.action::text || extract(epoch from o.scheduled_for), ' ') from almanac.occurrence_overrides o where o.schedule_id = s.id) as overrides,
    (select string_agg(r.status::text || r.run_as || r.requested_by, ' ') from almanac.runs r where r.schedule_id = s.id) as runs
  from almanac.schedules s where s.name like 'mine%' order by s.name`

/** What an operator's functions make in a session with a setting, as any other session sees it. */
async function made(client: ClientBase, setting: string | null): Promise<unknown[]> {
  try {
    if (setting !== null) await client.query(`set ${setting}`)
    await client.query('begin')
    await client.query(DEFINE)
    await client.query('reset all')
    return (await client.query<Record<string, unknown>>(MADE)).rows
  } finally {
    await client.query('rollback')
    await client.query('reset all')
  }
}

test('no setting of a session changes what functions make', async () => {
  await workers.query(`select almanac.register_task('almanac:noop')`)
  const client = await workers.database.connect('operator')
  const usual = await made(client, null)

  expect(usual).toHaveLength(3)
  for (const setting of SETTINGS) expect([setting, await made(client, setting)]).toEqual([setting, usual])
})

test('no setting of its login keeps a worker from firing and running', async () => {
  const database = new URL(workers.database.connectionString).pathname.slice(1)
  const admin = new Client({ connectionString: workers.database.adminConnectionString })
  await admin.connect()
  // Firing refuses another isolation level, and says what to change: AL018.
  for (const setting of SETTINGS.filter((each) => !each.includes('isolation')))
    await admin.query(`alter role almanac_test_worker in database ${database} set ${setting}`)
  await admin.end()
  await workers.start({ tasks: { says: () => ({ at: 1.5 }) } })
  await workers.query(`select almanac.register_task('says')`)

  await workers.query(`select almanac.schedule_every('every second', '1 second', 'says')`)

  const runs = await until('some have run', async () => {
    const rows = await workers.query(
      `select status, result, error, scheduled_for = date_trunc('second', scheduled_for) as is_whole from almanac.runs where finished_at is not null`,
    )
    return rows.length >= 3 && rows
  })
  expect(new Set(runs.map((run) => JSON.stringify(run)))).toEqual(
    new Set([JSON.stringify({ status: 'succeeded', result: { at: 1.5 }, error: null, is_whole: true })]),
  )
})
