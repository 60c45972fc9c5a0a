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
  const tables = ['schedules', 'calendars', 'calendar_entries'].map((table) => `--table=almanac.${table}`)
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
  expect(await ask(owner, 'select owned_by from almanac.calendars')).toEqual([{ owned_by: 'keeper' }])
  expect(await ask(owner, 'select starts_on::text from almanac.calendar_entries')).toEqual([
    { starts_on: '2040-12-25' },
  ])
  expect(await ask(owner, 'select * from almanac.check_ledger()')).toEqual([])
})
