import { readFileSync } from 'node:fs'
import { beforeAll, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()
let known: { id: string; next: string }
beforeAll(async () => {
  await db.query(`
    select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop'), almanac.unschedule('x');
    select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop'), almanac.schedule_cron('y', '0 3 * * *', 'almanac:noop');
    select almanac.create_calendar(c) from unnest(array['off', 'on', 'used']) c;
    select almanac.schedule_cron('uses', '0 3 * * *', 'almanac:noop', settings => '{"calendars": ["used"]}');
    insert into almanac.users (username) values ('ann'), ('bob')`)
  const [row] = await db.query<typeof known>(
    `select id, next_run_at::text as next from almanac.schedules where name = 'x' and deleted_at is null`,
  )
  known = row!
})

const mistakes = readFileSync(new URL('mistakes.sql', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('--'))

/**
 * What PostgreSQL says by itself, without a hint, and Almanac cannot reword: a name that a plain `insert` finds taken, which
 * must reach `on conflict`, and what is refused before any trigger.
 */
const RAW: Readonly<Record<string, string>> = {
  [`insert into almanac.schedules (name, kind, task_identifier) values ('x', 'manual', 'almanac:noop')`]:
    '23505',
  [`insert into almanac.exclusion_calendars (name) values ('off')`]: '23505',
  [`insert into almanac.users (username) values ('ann')`]: '23505',
  [`insert into almanac.tasks (identifier) values ('almanac:noop')`]: '23505',
  [`update almanac.schedules set id = 7 where name = 'x'`]: '428C9',
}

/** Functions that take nothing that could be wrong, or answer what is wrong as a row. */
const WITHOUT = [
  'active_run_page_runs',
  'blockers',
  'check_cron',
  'check_definition',
  'copied_from',
  'current_user_id',
  'engine_state',
  'exclusion_calendars_may_change',
  'host_job_counts',
  'host_job_payload',
  'last_ledger_check',
  'limits',
  'reconcile',
  'replan_from_now',
  'resource_groups_next_start_at',
  'resource_groups_running',
  'resource_groups_starts',
  'resource_groups_waiting',
  'retention',
  'run_page_found',
  'run_page_runs',
  'runs_blocked_because',
  'runs_given_back',
  'runs_may_cancel',
  'runs_may_retry',
  'runs_needs',
  'runs_next_attempt_at',
  'runs_place_in_line',
  'runs_retries',
  'runs_roll_up',
  'runs_why',
  'schedule_labels',
  'schedules_blocked_because',
  'schedules_execution',
  'schedules_is_frequent',
  'schedules_may_change',
  'schedules_warning',
  'schedules_why',
  'signed_in_user',
  'slots_in_use',
  'sql_login',
  'target_steps',
  'tasks_execution',
  'workers_is_leader',
  'workflows_may_change',
]

const tried = (statement: string) =>
  inTransaction(db, (client) =>
    refusal(client.query(statement.replaceAll('$id', known.id).replaceAll('$next', `'${known.next}'`))),
  )

it.each(mistakes)('a mistake has a message, a detail and a hint: %s', async (statement) => {
  const { code, message, detail, hint } = await tried(statement)

  expect(code).toMatch(/^(AL\d{3}|2[23]\w{3})$/)
  expect([message, detail, hint].map((text) => (text ?? '') !== '')).toEqual([true, true, true])
  expect(message).not.toMatch(/violates|relation "/)
  expect(detail).not.toContain('Failing row')
})

it.each(Object.entries(RAW))('what is PostgreSQL’s alone keeps its code: %s', async (statement, code) => {
  expect(await tried(statement)).toMatchObject({ code })
})

it('a mistake is tried with each public function', async () => {
  const functions = await db.query<{ name: string }>(
    `select distinct proname as name from pg_proc where pronamespace = 'almanac'::regnamespace order by name`,
  )

  const untried = functions.filter(({ name }) => !mistakes.some((one) => one.includes(`almanac.${name}(`)))

  expect(untried.map(({ name }) => name)).toEqual(WITHOUT)
})

it('a mistake is tried with each setting of a schedule', async () => {
  const error = await refusal(db.query(`select almanac.create_schedule('{"none": 1}')`))
  const settings = error.detail!.replace(/^Known settings: |\.$/g, '').split(', ')

  const columns = new Set<string | undefined>()
  for (const statement of mistakes.filter((one) => /schedules set|schedule_|create_schedule/.test(one)))
    columns.add((await tried(statement)).column)

  expect(settings.filter((setting) => !columns.has(setting))).toEqual([])
})
