import type { ClientBase } from 'pg'
import { beforeAll, describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()
beforeAll(async () => {
  await db.query(`
    select almanac.register_task('sized');
    select almanac.schedule_cron('sized', '0 3 * * *', 'sized');
    select almanac.create_calendar('sized');
    select almanac.exclude_dates('sized', '2030-01-01', '2030-01-02');
    insert into almanac.calendar_rules (calendar_id, ics, source, created_by)
    select id, 'x', 'x', 'x' from almanac.exclusion_calendars;
    insert into almanac.users (username) values ('sized')`)
})

const HUGE = `repeat('x', 1000000)`
const HUGE_ARRAY = `array_fill('${'x'.repeat(300)}'::text, array[20000])`
/** What any value takes at most, as text. */
const MOST_BYTES = 2_000_000

/** Columns that neither a constraint nor an argument of a trigger bounds: an admin's statement that is refused. */
const REFUSED: Readonly<Record<string, string>> = {
  'schedules.payload': `update almanac.schedules set payload = to_jsonb(${HUGE})`,
  'schedules.description': `update almanac.schedules set description = ${HUGE}`,
  'schedules.pause_reason': `update almanac.schedules set pause_reason = ${HUGE}`,
  'schedules.cron_expression': `update almanac.schedules set cron_expression = ${HUGE}`,
  'schedules.timezone': `update almanac.schedules set timezone = ${HUGE}`,
  'schedules.task_identifier': `update almanac.schedules set task_identifier = ${HUGE}`,
  'schedules.tags': `update almanac.schedules set tags = ${HUGE_ARRAY}`,
  'schedules.resource_group': `update almanac.schedules set resource_group = ${HUGE}`,
  'schedules.calendars': `update almanac.schedules set calendars = ${HUGE_ARRAY}`,
  'exclusion_calendars.timezone': `update almanac.exclusion_calendars set timezone = ${HUGE}`,
  'calendar_entries.timezone': `update almanac.calendar_entries set timezone = ${HUGE}`,
  'users.timezone': `update almanac.users set timezone = ${HUGE}`,
  'users.second_timezone': `update almanac.users set second_timezone = ${HUGE}`,
  'users.saved_views': `update almanac.users set saved_views = to_jsonb(${HUGE})`,
  'known_tasks.identifier': `insert into almanac.tasks (identifier) values (${HUGE})`,
  'known_tasks.isolation': `insert into almanac.tasks (identifier, isolation) values ('t', jsonb_build_object('x', ${HUGE}))`,
  'runs.request_reason': `select almanac.retry_run(1, ${HUGE})`,
  'runs.payload': `select almanac.trigger_now('sized', to_jsonb(${HUGE}))`,
}

/** Columns that functions write: a call that gives them too much, of which they keep a part. $1: a worker, $2: its run. */
const CUT: Readonly<Record<string, readonly ['almanac_worker' | 'almanac_server', string]>> = {
  'workers.name': ['almanac_worker', register(`${HUGE}, 'h', 1, '1', 1`)],
  'workers.host': ['almanac_worker', register(`'n', ${HUGE}, 1, '1', 1`)],
  'workers.version': ['almanac_worker', register(`'n', 'h', 1, ${HUGE}, 1`)],
  'workers.tasks': ['almanac_worker', register(`'n', 'h', 1, '1', 1, ${HUGE_ARRAY}`)],
  'workers.pool_ids': [
    'almanac_worker',
    `select almanac_private.heartbeat($1, array(select n || ${HUGE} from generate_series(1, 20) n))
     where $2::bigint > 0`,
  ],
  'workers.run_ids': [
    'almanac_worker',
    `select almanac_private.heartbeat($1, run_ids => array_fill($2::bigint, array[1000000]))`,
  ],
  'workers.culprit_at': [
    'almanac_worker',
    `select almanac_private.heartbeat($1, busy => jsonb_build_object('at', ${HUGE}, 'runId', $2::bigint))`,
  ],
  'workers.end_reason': [
    'almanac_worker',
    `select almanac_private.mark_worker_lost($1, ${HUGE}) where $2::bigint > 0`,
  ],
  'workers.takes_nothing_because': [
    'almanac_worker',
    `select almanac_private.note_stall($1, '1 minute', ${HUGE}) where $2::bigint > 0`,
  ],
  'runs.error': ['almanac_worker', finish(`'status', 'failed', 'error', ${HUGE}`)],
  'runs.result': ['almanac_worker', finish(`'status', 'succeeded', 'result', ${HUGE}`)],
  'run_logs.lines': [
    'almanac_worker',
    `select almanac_private.write_logs(jsonb_agg(jsonb_build_object('run_id', $2::bigint, 'schedule_id', r.schedule_id,
       'attempt', 1, 'first_line', n, 'line_count', 1, 'at', 0,
       'lines', jsonb_build_array(jsonb_build_array(0, 'info', case n when 1 then 'x' else ${HUGE} end)))))
     from almanac.runs r, generate_series(1, 3) n where r.id = $2 and $1::bigint > 0`,
  ],
  'runs.progress_note': [
    'almanac_worker',
    `select almanac_private.note_progress(jsonb_build_array(jsonb_build_object('run_id', $2::bigint, 'attempt', 1,
       'scheduled_for', (select scheduled_for from almanac.runs where id = $2), 'progress', 0.5, 'note', ${HUGE})))
     where $1::bigint > 0`,
  ],
  'run_attempts.error': ['almanac_worker', finish(`'status', 'failed', 'error', ${HUGE}`)],
  'settings.value': [
    'almanac_server',
    `select almanac_private.announce_server(${HUGE}) where $1::bigint + $2::bigint > 0`,
  ],
}

const NAMES = 'the name of a user or role, which has one'
const KEYS = 'the key of a role, or a password, that the database makes'
/** Columns that need no bound, and why. */
const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  'left out by kept_causes, which has a test': ['run_attempts.causes'],
  [NAMES]: [
    'calendar_entries.created_by',
    'calendar_rules.created_by',
    'codebases.applied_by',
    'exclusion_calendars.created_by',
    'exclusion_calendars.updated_by',
    'occurrence_overrides.created_by',
    'place.recorded_by',
    'resource_groups.created_by',
    'resource_groups.updated_by',
    'runs.requested_by',
    'runs.run_as',
    'fired.account',
    'live_runs.account',
    'limits_met.account',
    'unfinished_counts.account',
    'schedules.created_by',
    'schedules.updated_by',
    'stops.resumed_by',
    'stops.stopped_by',
    'task_stops.resumed_by',
    'task_stops.stopped_by',
    'workflow_versions.created_by',
    'workflows.created_by',
    'workflows.updated_by',
  ],
  [KEYS]: [
    'exclusion_calendars.owned_by_key',
    'logins.password',
    'logins.role_key',
    'logins.serves',
    'role_names.role_key',
    'schedules.run_as_key',
    'workflows.owned_by_key',
  ],
  'bounded by compile_workflow, which has a test, or of what is': [
    'live_runs.step_rule',
    'workflow_versions.definition',
    'workflow_versions.steps',
  ],
  'refers to a workflow, where it has a bound': [
    'schedules.workflow_name',
    'workflow_versions.workflow_name',
  ],
  'copied from codebases, where it has a bound': ['schedules.managed_by', 'schedules.managed_version'],
  'copied from a schedule, where it has a bound': [
    'omissions.schedule_name',
    'rule_versions.rule',
    'rule_versions.schedule_name',
    'runs.resource_group',
    'runs.schedule_name',
    'runs.task_identifier',
  ],
  'a known task, whose name has a bound': ['task_stops.task_identifier'],
  'computed from what has a bound': [
    'calendar_entries.rule',
    'known_exclusions.calendar_ids',
    'known_exclusions.excluded',
    'known_exclusions.key',
    'known_tasks.checked_schema',
    'known_tasks.schema_problems',
    'schedules.rule',
    'runs.reason',
    'runs.final_counts',
  ],
  'no more than 100 findings of the engine': ['ledger_checks.counts', 'ledger_checks.findings'],
  'the engine’s own words': [
    'held_up.detail',
    'leases.name',
    'limits_met.limit_name',
    'put_off.limit_name',
    'turns.name',
    'uses.kind',
    'uses.who',
    'logins.changed_what',
    'logins.bars',
  ],
  'written by the owner alone': ['settings.key'],
  'what PostgreSQL calls it': ['timezones.name', 'timezones.fingerprint'],
  'times of runs that were deleted by the owner': ['deleted_history.times'],
  'a run, its attempts and its log, each of which has a bound': ['archive_runs.document'],
  'tasks and what they depend on, each of which has a bound': ['runs.graph', 'live_runs.needs'],
  'a day has 96 quarters of an hour': ['day_counts.quarters', 'day_counts.counts'],
  'no more than remove_week moves': ['archive_weeks.stayed_ids'],
  'numbers and times of 10,000 runs at most': ['vouchers.ended'],
}

function register(values: string): string {
  return `select almanac_private.register_worker(${values}) where $1::bigint + $2::bigint > 0`
}

function finish(outcome: string): string {
  return `select almanac_private.finish_runs($1, jsonb_build_array(jsonb_build_object(
    'runId', $2::bigint, 'scheduledFor', (select scheduled_for from almanac.runs where id = $2), ${outcome})))`
}

/** Texts, JSON, bytes and arrays of our tables that neither a constraint nor an argument of a trigger bounds. */
const WITHOUT_A_BOUND = `
  select r.relname || '.' || a.attname as name
  from pg_class r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
  join pg_type t on t.oid = a.atttypid
  where r.relnamespace in ('almanac'::regnamespace, 'almanac_private'::regnamespace)
    and r.relkind in ('r', 'p') and not r.relispartition
    and a.attlen = -1 and t.typname not in ('tstzrange', 'numeric', 'interval')
    and not exists (
      select from pg_constraint c
      where c.conrelid = r.oid and c.contype = 'c' and a.attnum = any (c.conkey)
        and pg_get_constraintdef(c.oid)
          ~ ('length\\(' || a.attname || '\\)\\)? <=|\\{1,\\d+\\}|' || a.attname || ' = ANY'))
    and not exists (
      select from pg_trigger g
      where g.tgrelid = r.oid and g.tgfoid = 'almanac_private.tg_check_lengths'::regproc
        and a.attname = any (string_to_array(encode(g.tgargs, 'escape'), '\\000')))
  order by 1`

it('every text, JSON and array of a table has a bound, or a reason to have none', async () => {
  const found = (await db.query<{ name: string }>(WITHOUT_A_BOUND)).map(({ name }) => name)

  expect(found).toEqual(
    [...Object.keys(REFUSED), ...Object.keys(CUT), ...Object.values(EXCEPTIONS).flat()].sort(),
  )
})

describe('what is too large is refused', () => {
  it.each(Object.entries(REFUSED))('in %s', (_, statement) =>
    inTransaction(db, async (client) => {
      const { code } = await refusal(asRole(client, 'almanac_admin', (admin) => admin.query(statement)))
      expect(code).toMatch(/^AL/)
    }),
  )
})

describe('what functions are given too much of is cut', () => {
  it.each(Object.entries(CUT))('in %s', (column, [role, statement]) =>
    inTransaction(db, async (client) => {
      const ids = await beginRun(client)
      await asRole(client, role, (caller) => caller.query(statement, ids))

      const [table = '', name = ''] = column.split('.')
      const { rows } = await client.query<{ bytes: number }>(
        `select max(octet_length(to_jsonb(t) ->> '${name}')) as bytes
         from ${table === 'settings' ? 'almanac_private' : 'almanac'}.${table} t`,
      )
      expect(rows[0]!.bytes).toBeGreaterThan(0)
      expect(rows[0]!.bytes).toBeLessThan(MOST_BYTES)
    }),
  )

  it('and says so, of a result', () =>
    inTransaction(db, async (client) => {
      const nested = `(repeat('[', 6000) || repeat(']', 6000))::jsonb`
      const results = [`to_jsonb(${HUGE})`, nested, `(repeat('[', 99) || repeat(']', 99))::jsonb`]
      const kept: unknown[] = []
      for (const result of results) {
        const [worker, run] = await beginRun(client)
        await client.query(finish(`'status', 'succeeded', 'result', ${result}`), [worker, run])
        kept.push(
          (await client.query<{ result: unknown }>('select result from almanac.runs where id = $1', [run]))
            .rows[0]!.result,
        )
      }
      expect(kept).toEqual([
        { omitted: 'The result has 1000002 bytes; up to 262144 are kept.', was: `"${'x'.repeat(999)}…` },
        { omitted: 'The result has more than 100 levels.', was: `${'['.repeat(1000)}…` },
        JSON.parse('['.repeat(99) + ']'.repeat(99)),
      ])
    }))

  it('and is left out, of the causes of an error, which its text says too', () =>
    inTransaction(db, async (client) => {
      const small = `'[{"name": "Error", "message": "m", "stack": []}]'::jsonb`
      const kept: unknown[] = []
      for (const causes of [small, `jsonb_build_array(${HUGE})`, `'"text"'::jsonb`]) {
        const ids = await beginRun(client)
        await client.query(`update almanac.runs set max_attempts = 1`)
        await client.query(finish(`'status', 'failed', 'error', 'e', 'causes', ${causes}`), ids)
        const attempt = 'select causes from almanac.run_attempts where run_id = $1'
        kept.push((await client.query<{ causes: unknown }>(attempt, [ids[1]])).rows[0]!.causes)
      }
      expect(kept).toEqual([[{ name: 'Error', message: 'm', stack: [] }], null, null])
    }))

  it('of the tasks that a worker has, and none of them is lost', () =>
    inTransaction(db, async (client) => {
      await asRole(client, 'almanac_worker', (worker) =>
        worker.query(
          `select almanac_private.announce_tasks(jsonb_build_array(
             jsonb_build_object('identifier', 'large', 'label', ${HUGE}, 'description', ${HUGE}, 'task_group', ${HUGE},
               'payload_schema', jsonb_build_object('title', ${HUGE}), 'depends_on', ${HUGE_ARRAY}),
             jsonb_build_object('identifier', 'small', 'label', 'Small',
               'payload_schema', '{"type": "object"}'::jsonb)))`,
        ),
      )
      const { rows } = await client.query(
        `select identifier, length(label) as label, length(description) as description, length(task_group) as "group",
           payload_schema as schema, cardinality(depends_on) as depends_on
         from almanac.tasks where identifier in ('large', 'small') order by 1`,
      )
      expect(rows).toEqual([
        {
          identifier: 'large',
          label: 200,
          description: 10_000,
          group: 200,
          schema: {
            description: 'The schema is not stored: the limit is 100,000 characters and 100 levels.',
          },
          depends_on: 100,
        },
        {
          identifier: 'small',
          label: 5,
          description: null,
          group: null,
          schema: { type: 'object' },
          depends_on: 0,
        },
      ])
    }))
})

it.each([
  `'{"a":' || repeat('[', 200) || repeat(']', 200) || '}'`,
  `repeat('{"not":', 5000) || 'true' || repeat('}', 5000)`,
])('a schema of a task that nests deeply is refused to people: %s', (schema) =>
  inTransaction(db, async (client) => {
    expect(
      await refusal(
        client.query(`select almanac.register_task('deep', payload_schema => (${schema})::jsonb)`),
      ),
    ).toMatchObject({
      code: 'AL019',
      message: 'payload_schema may be nested at most 100 levels deep.',
    })
  }),
)

it('a schema is read for those only who may register a task', async () => {
  const asked = asRole(db, 'almanac_operator', (client) =>
    client.query(`select almanac.register_task('t', payload_schema => '{"type": 5}')`),
  )

  expect(await refusal(asked)).toMatchObject({ code: 'AL011' })
})

it('no one writes names of others: they are refused, or stay as they are', () =>
  inTransaction(db, async (client) => {
    const { rows: columns } = await client.query<{ table: string; column: string }>(
      `select n.oid::regnamespace || '.' || r.relname as "table", a.attname as "column"
       from pg_attribute a join pg_class r on r.oid = a.attrelid join pg_namespace n on n.oid = r.relnamespace
       where n.nspname in ('almanac', 'almanac_private') and r.relname || '.' || a.attname = any ($1)
         and has_column_privilege('almanac_admin', r.oid, a.attnum, 'update')`,
      [[...EXCEPTIONS[NAMES]!, ...EXCEPTIONS[KEYS]!]],
    )
    const written: string[] = []
    for (const { table, column } of columns) {
      const update = `update ${table} set ${column} = ${HUGE}`
      await asRole(client, 'almanac_admin', (admin) => admin.query(update)).catch(() => undefined)
      const { rows } = await client.query(`select from ${table} where length(${column}) > 100`)
      if (rows.length > 0) written.push(`${table}.${column}`)
    }

    expect(columns.length).toBeGreaterThan(5)
    expect(written).toEqual([])
  }))

it('who wrote a series of an import is not what the insert says', () =>
  inTransaction(db, async (client) => {
    await asRole(client, 'almanac_operator', async (operator) => {
      await operator.query(`select almanac.create_calendar('of an operator')`)
      await operator.query(
        `insert into almanac.calendar_rules (calendar_id, ics, source, created_by, created_at)
         select id, 'x', 'x', 'someone else', '2000-01-01' from almanac.exclusion_calendars where name = 'of an operator'`,
      )
    })

    const forged = `select from almanac.calendar_rules where created_by = 'someone else' or created_at < '2001-01-01'`
    expect((await client.query(forged)).rows).toEqual([])
  }))

/** A worker's number, and that of a run that it has begun. */
async function beginRun(client: ClientBase): Promise<[string, string]> {
  const { rows } = await client.query<{ worker: string; run: string }>(
    `select almanac_private.register_worker('w', 'h', 1, '1', 1) as worker, (almanac.trigger_now('sized')).id as run`,
  )
  const { worker, run } = rows[0]!
  await client.query(
    `select almanac_private.begin_runs($1, array[id], array[scheduled_for]) from almanac.runs where id = $2`,
    [worker, run],
  )
  return [worker, run]
}
