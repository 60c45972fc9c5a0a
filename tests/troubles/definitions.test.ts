import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask } from './ask.ts'
import { startDebianServer, type DebianServer } from './debianPostgres.ts'
import { createDatabase, loginTo, migrate, tool } from './dump.ts'

let folder: string
let script: string
let server: DebianServer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'almanac-schedules-'))
  script = join(folder, 'schedules.sql')
  server = await startDebianServer()
  const source = await createDatabase(server.adminConnectionString, 'keeper', 'source')
  await migrate(source)
  await ask(
    source,
    `select almanac.create_calendar('holidays'); select almanac.exclude_dates('holidays', '2040-12-25');
     select almanac.schedule_cron('nightly', '0 3 * * *', 'almanac:noop');
     select almanac.schedule_at('once', now() + interval '1 second', 'almanac:noop');
     update almanac.schedules set calendars = '{holidays}' where name = 'nightly';
     insert into almanac.users (username, role) values ('ann', 'operator');
     update almanac.schedules set owner_user = (select id from almanac.users where username = 'ann') where name = 'once';
     select almanac.trigger_now('nightly'); select pg_sleep(1)`,
  )
  const tables = ['schedules', 'exclusion_calendars', 'calendar_entries'].map(
    (table) => `--table=almanac.${table}`,
  )
  await tool('pg_dump', '--data-only', ...tables, `--file=${script}`, source)
}, 60_000)
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const here = { role: 'keeper', runs: 0 }
test.each([
  { by: 'the owner', login: 'keeper' },
  { by: 'a superuser', login: undefined },
])('schedules dumped alone are loaded into a migrated database by $by', async ({ login }) => {
  const name = `target_of_${login ?? 'dba'}`
  const owner = await createDatabase(server.adminConnectionString, 'keeper', name)
  await migrate(owner)
  await ask(owner, `insert into almanac.users (username, role) values ('bob', 'operator')`)

  await tool(
    'psql',
    '--single-transaction',
    '--set=ON_ERROR_STOP=1',
    `--file=${script}`,
    loginTo(server.adminConnectionString, name, login),
  )
  await ask(owner, `select almanac.schedule_cron('later', '0 4 * * *', 'almanac:noop')`)

  expect(
    await ask(
      owner,
      `select s.name, almanac_private.role_of_key(s.run_as_key) as role, s.status, s.calendars, s.total_runs::int as runs,
         to_char(s.next_run_at at time zone 'UTC', 'HH24:MI') as at, s.next_run_at between now() and now() + interval '25 hours' as "isNext",
         exists (select from graphile_worker.jobs j where j.key = 'schedule:' || s.id) as armed
       from almanac.schedules s
       where not s.is_system order by s.id`,
    ),
  ).toEqual([
    {
      name: 'nightly',
      ...here,
      status: 'active',
      calendars: ['holidays'],
      at: '03:00',
      isNext: true,
      armed: true,
    },
    {
      name: 'once',
      ...here,
      role: null,
      status: 'completed',
      calendars: [],
      at: null,
      isNext: null,
      armed: false,
    },
    { name: 'later', ...here, status: 'active', calendars: [], at: '04:00', isNext: true, armed: true },
  ])
  // Its number is another's here.
  expect(await ask(owner, `select owner_user from almanac.schedules where name = 'once'`)).toEqual([
    { owner_user: null },
  ])
  expect(await ask(owner, 'select owned_by from almanac.exclusion_calendars')).toEqual([
    { owned_by: 'keeper' },
  ])
  expect(await ask(owner, 'select starts_on::text from almanac.calendar_entries')).toEqual([
    { starts_on: '2040-12-25' },
  ])
  expect(await ask(owner, 'select * from almanac.check_ledger()')).toEqual([])
})

test('skipped and moved occurrences, and series of calendars, are loaded on another server too', async () => {
  const other = await startDebianServer()
  try {
    const dump = join(folder, 'overrides.dump')
    const year = new Date().getUTCFullYear()
    const source = await createDatabase(server.adminConnectionString, 'keeper', 'source_of_overrides')
    await migrate(source)
    await ask(server.adminConnectionString, 'create role ann; grant almanac_operator to ann')
    await ask(
      loginTo(server.adminConnectionString, 'source_of_overrides'),
      `set role ann;
       select almanac.schedule_cron('yearly', '0 3 1 1 *', 'almanac:noop', timezone => 'UTC',
         settings => '{"overlap_policy": "allow"}');
       select almanac.skip_occurrence('yearly', '${year + 1}-01-01 03:00+00');
       select almanac.move_occurrence('yearly', '${year + 2}-01-01 03:00+00', '${year + 2}-01-02 03:00+00');
       select almanac.create_calendar('holidays');
       select almanac.import_exclusions('holidays', 'x.ics', '[{"starts_on": "2040-12-25", "rule": 0}]',
         '[{"ics": "BEGIN:VEVENT\\nEND:VEVENT"}]')`,
    )
    await ask(
      source,
      `insert into almanac.occurrence_overrides (schedule_id, scheduled_for, action, moved_to, done_at, created_by)
       select s.id, o.* from almanac.schedules s, (values
         ('${year - 2}-01-01 03:00+00'::timestamptz, 'skip'::almanac.override_action, null::timestamptz, now(), 'ann'),
         ('${year - 1}-01-01 03:00+00', 'move', now() - interval '1 hour', null, 'ann'),
         ('${year}-01-01 03:00+00', 'move', '${year + 1}-01-03 03:00+00', null, 'ann'),
         ('${year + 3}-01-01 03:00+00', 'move', now() - interval '1 hour', now(), 'ann')) o
       where s.name = 'yearly'`,
    )
    const tables = [
      'schedules',
      'exclusion_calendars',
      'calendar_entries',
      'calendar_rules',
      'occurrence_overrides',
    ]
    await tool(
      'pg_dump',
      '--format=custom',
      '--data-only',
      ...tables.map((table) => `--table=almanac.${table}`),
      `--file=${dump}`,
      source,
    )
    const target = await createDatabase(other.adminConnectionString, 'keeper', 'target')
    await migrate(target)

    await tool('pg_restore', '--single-transaction', '--exit-on-error', `--dbname=${target}`, dump)

    expect(
      await ask(
        target,
        `select o.action, to_char(o.scheduled_for at time zone 'UTC', 'YYYY-MM-DD') as on, o.is_owed, o.done_at
         from almanac.occurrence_overrides o order by o.scheduled_for`,
      ),
    ).toEqual([
      { action: 'move', on: `${year}-01-01`, is_owed: true, done_at: null },
      { action: 'skip', on: `${year + 1}-01-01`, is_owed: false, done_at: null },
      { action: 'move', on: `${year + 2}-01-01`, is_owed: false, done_at: null },
      { action: 'skip', on: `${year + 3}-01-01`, is_owed: false, done_at: null },
    ])
    expect(
      await ask(
        target,
        `select s.run_as, almanac_private.role_of_key(s.run_as_key) as role, s.next_run_at,
           (select j.run_at from graphile_worker.jobs j where j.key = 'schedule:' || s.id) > now() as armed
         from almanac.schedules s where not s.is_system`,
      ),
    ).toEqual([{ run_as: 'ann', role: null, next_run_at: new Date(`${year + 1}-01-03T03:00Z`), armed: true }])
    expect(
      await ask(
        target,
        'select e.source, r.ics is not null as "hasRule" from almanac.calendar_entries e join almanac.calendar_rules r on r.id = e.rule_id',
      ),
    ).toEqual([{ source: 'x.ics', hasRule: true }])
    for (const day of [`${year + 1}-01-03`, `${year + 2}-01-02`, `${year + 4}-01-01`])
      await ask(target, `select almanac_private.fire_due($1)`, [`${day} 03:00+00`])
    expect(
      await ask(
        target,
        `select to_char(r.scheduled_for at time zone 'UTC', 'YYYY') as year, r.status = 'skipped' as skipped
         from almanac.runs r where r.schedule_name = 'yearly' order by 1`,
      ),
    ).toEqual([
      { year: `${year}`, skipped: false },
      { year: `${year + 1}`, skipped: true },
      { year: `${year + 2}`, skipped: false },
      { year: `${year + 3}`, skipped: true },
      { year: `${year + 4}`, skipped: false },
    ])
    expect(
      await ask(
        target,
        `select c.* from generate_series(now() - interval '1 hour', now() + interval '5 years', '1 year') y,
           almanac.check_ledger(y, y + interval '1 year') c`,
      ),
    ).toEqual([])
  } finally {
    await other.stop()
  }
}, 60_000)

test('a dump of the data of all tables is refused, and says what to take', async () => {
  const dump = join(folder, 'all.sql')
  const source = await createDatabase(server.adminConnectionString, 'keeper', 'source_of_all')
  await migrate(source)
  await tool('pg_dump', '--data-only', '--schema=almanac', `--file=${dump}`, source)
  const target = await createDatabase(server.adminConnectionString, 'keeper', 'target_of_all')
  await migrate(target)

  await expect(
    tool('psql', '--single-transaction', '--set=ON_ERROR_STOP=1', `--file=${dump}`, target),
  ).rejects.toThrow(/A dump of users cannot be loaded[^]*"Schedules alone"/)
}, 60_000)

test('a statement of almanac:sql is not loaded for a user who may not have one', async () => {
  const dump = join(folder, 'statement.sql')
  const source = await createDatabase(server.adminConnectionString, 'keeper', 'source_of_statement')
  const target = await createDatabase(server.adminConnectionString, 'keeper', 'target_of_statement')
  for (const url of [source, target]) {
    await migrate(url)
    await ask(url, `insert into almanac.users (username, role) values ('bob', 'operator'), ('ada', 'admin')`)
  }
  // As releases before let it be.
  await ask(
    source,
    `select almanac.schedule_cron(n, '0 3 * * *', 'almanac:sql', '{"statement": "select 1"}') from unnest('{bob,ada}'::text[]) n;
     set almanac.engine to 'on';
     update almanac.schedules s set created_by = u.username, owner_user = u.id from almanac.users u where u.username = s.name`,
  )
  await tool('pg_dump', '--data-only', '--table=almanac.schedules', `--file=${dump}`, source)

  await tool('psql', '--single-transaction', '--set=ON_ERROR_STOP=1', `--file=${dump}`, target)

  expect(
    await ask(
      target,
      `select s.name, u.username as owner, almanac_private.role_of_key(s.run_as_key) as role
       from almanac.schedules s left join almanac.users u on u.id = s.owner_user where not s.is_system order by 1`,
    ),
  ).toEqual([
    { name: 'ada', owner: 'ada', role: 'keeper' },
    { name: 'bob', owner: null, role: null },
  ])
}, 60_000)
