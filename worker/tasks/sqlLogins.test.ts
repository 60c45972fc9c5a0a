import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { withLogin } from '../../process/databaseUrl.ts'
import { readHttpSettings } from './http/settings.ts'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()
const suffix = randomBytes(4).toString('hex')
const [ann, ben, cleo, dora, stranger, boss, weak] = [
  'ann',
  'ben',
  'cleo',
  'dora',
  'stranger',
  'boss',
  'weak',
].map((name) => `almanac_test_${name}_${suffix}`) as [string, string, string, string, string, string, string]

/** A superuser of the database of the moment: there is one for each test. */
let admin: Client
beforeAll(async () => {
  await asAdmin(async (client) => {
    const { rows } = await client.query<{ version: number }>(
      `select current_setting('server_version_num')::int as version`,
    )
    for (const role of [ann, ben, cleo, dora, stranger, boss])
      await client.query(`create role ${role} login password 'secret' in role almanac_operator`)
    await client.query(`alter role ${boss} superuser`)
    if (rows[0]!.version >= 160_000)
      await client.query(
        `grant ${ann}, ${ben}, ${dora} to almanac_test_owner with admin true, inherit false, set false`,
      )
  })
})
afterAll(() =>
  asAdmin(async (client) => {
    const { rows } = await client.query<{ rolname: string }>(
      `select rolname from pg_roles where rolname like $1 or rolname like $2`,
      [`almanac_sql_almanac_test_%${suffix}%`, `almanac_test_%_${suffix}`],
    )
    for (const { rolname } of rows) await client.query(`drop owned by ${rolname}; drop role ${rolname}`)
  }),
)

async function asAdmin(work: (client: Client) => Promise<void>): Promise<void> {
  admin = new Client({ connectionString: workers.database.adminConnectionString })
  await admin.connect()
  try {
    await work(admin)
  } finally {
    await admin.end()
  }
}

/** Has a role make a schedule with a statement, and run it. */
async function runAs(
  role: string,
  name: string,
  statement: string,
  then: string[] = [],
  report?: object,
): Promise<void> {
  await as(
    role,
    `select almanac.schedule_at($1, now() + interval '1 hour', $2, $3, settings => '{"max_attempts": 1}')`,
    report ? [name, 'almanac:report', { statement, ...report }] : [name, 'almanac:sql', { statement, then }],
  )
  await as(role, 'select almanac.trigger_now($1)', [name])
}

/** Has a role run a statement of its own. */
async function as(role: string, text: string, values: unknown[] = []): Promise<void> {
  const url = Object.assign(new URL(workers.database.connectionString), {
    username: role,
    password: 'secret',
  })
  const client = new Client(url.href)
  await client.connect()
  try {
    await client.query(text, values)
  } finally {
    await client.end()
  }
}

const rowsOf = async (name: string) =>
  ((await workers.run(name, 'succeeded')).result as { rows: Record<string, unknown>[] }).rows

const loginOf = async (role: string) =>
  (
    await workers.query<{ role_name: string; password: string; changed_what: string | null }>(
      `select role_name, password, changed_what from almanac_private.logins where serves = almanac_private.login_key($1)`,
      [role],
    )
  )[0]!

test('each role has a login of its own, with exactly its rights', async () => {
  await workers.query(`create table ledgers (a int); grant select on ledgers to ${ann}`)
  await workers.start()

  await runAs(ann, 'hers', 'select count(*), session_user::text from ledgers')
  await runAs(ben, 'his', 'select count(*) from ledgers')

  const [row] = await rowsOf('hers')
  expect(row).toEqual({ count: '0', session_user: (await loginOf(ann)).role_name })
  expect((await workers.run('his', 'failed')).error).toMatch(
    /^permission denied for table ledgers\nhint: The statement ran as \S+, with the rights of (\S+)\. .*: grant … on … to "?\1"?;/,
  )
  expect((await loginOf(ben)).role_name).not.toBe((await loginOf(ann)).role_name)
})

test('vacuum and its like run with the rights of the role as well: others are told that they may not', async () => {
  await workers.query(`create table tidy (a int); create index tidy_by_a on tidy (a)`)
  await asAdmin(async (client) => void (await client.query(`alter table tidy owner to ${ann}`)))
  await workers.start()

  await runAs(ann, 'hers to tidy', 'vacuum tidy', ['reindex index concurrently tidy_by_a'])
  await runAs(ben, 'not his to tidy', 'vacuum tidy', ['reindex index concurrently tidy_by_a'])

  expect((await workers.run('hers to tidy', 'succeeded')).result).toMatchObject({ command: 'REINDEX' })
  expect((await workers.run('not his to tidy', 'failed')).error).toMatch(
    /^Statement 2 of 2: (permission denied for|must be owner of) index tidy_by_a/,
  )
  const lines = await workers.query(
    `select l.level, l.message from almanac.runs r, almanac.run_log(r.id) l where r.schedule_name = 'not his to tidy'`,
  )
  expect(lines).toContainEqual({
    level: 'warning',
    message: expect.stringMatching(/skipping/) as string,
  })
})

test('a report reads with the rights of its role as well, and does not get out of them', async () => {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push(body)
      response.end()
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await workers.query(
    `create table takings (a int); insert into takings values (7); grant select on takings to ${ann}`,
  )
  await workers.start({ http: readHttpSettings({ ALMANAC_HTTP_ALLOW: '127.0.0.1' }) })
  const reportAs = (role: string, name: string, statement: string) =>
    runAs(role, name, statement, undefined, { format: 'csv', request: { url } })

  await reportAs(ann, 'her report', 'select a, session_user::text as login from takings')
  await workers.run('her report', 'succeeded')
  expect(bodies).toEqual([`a,login\r\n7,${(await loginOf(ann)).role_name}\r\n`])

  await reportAs(ben, 'his report', 'select a from takings')
  expect((await workers.run('his report', 'failed')).error).toMatch(
    /^permission denied for table takings\nhint: The statement ran as \S+, with the rights of /,
  )
  await reportAs(ben, 'a way out', `select set_config('role', '${ann}', false)`)
  expect((await workers.run('a way out', 'failed')).error).toMatch(/code: 42501/)
  expect(bodies).toHaveLength(1)
})

test('no statement reads another role’s, ends it, or changes its settings or password', async () => {
  await workers.start()
  await runAs(ann, 'hers', `select 'her secret', pg_sleep(600)`)
  await workers.run('hers', 'running')
  await until('her statement runs', async () => {
    const found = await workers.query(
      `select from pg_stat_activity where datname = current_database() and application_name like 'almanac:sql%'`,
    )
    return found.length === 1
  })
  const { role_name: hers } = await loginOf(ann)

  await runAs(ben, 'read', `select query from pg_stat_activity where usename = '${hers}'`)
  expect(await rowsOf('read')).toEqual([{ query: '<insufficient privilege>' }])
  for (const [name, statement] of [
    ['end', `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${hers}'`],
    ['set', `alter role ${hers} set default_transaction_read_only to on`],
    ['password', `alter role ${hers} password 'mine'`],
    ['become', `set role ${ann}`],
  ] as const) {
    await runAs(ben, name, statement)
    expect((await workers.run(name, 'failed')).error).toMatch(/code: 42501/)
  }
})

test('a password and settings that a statement changed are reset, with an alarm', async () => {
  await workers.start()
  await runAs(ann, 'first', 'select 1')
  await workers.run('first', 'succeeded')
  const { role_name: hers } = await loginOf(ann)
  await runAs(
    ann,
    'attack',
    `alter role ${hers} password 'mine'; alter role ${hers} set default_transaction_read_only to on`,
  )
  await workers.run('attack', 'succeeded')

  await runAs(ann, 'after', `select current_setting('default_transaction_read_only') as readonly`)

  expect(await rowsOf('after')).toEqual([{ readonly: 'off' }])
  expect(
    await workers.query(
      `select from pg_db_role_setting s join pg_roles r on r.oid = s.setrole where r.rolname = '${hers}'`,
    ),
  ).toEqual([])
  expect(
    await workers.query(
      `select role_name::text from almanac_private.sql_logins_changed(now() - interval '1 hour')`,
    ),
  ).toEqual([{ role_name: hers }])
  await workers.query(`update almanac_private.logins set changed_at = null`)
  await runAs(ann, 'quiet', 'select 1')
  await workers.run('quiet', 'succeeded')
  expect(await workers.query('select from almanac_private.logins where changed_at is not null')).toEqual([])
})

test('a noted login whose role is not the one that was noted is not taken', async () => {
  await workers.query(
    `insert into almanac_private.logins (role_name, purpose, password, role_key, serves, database_oid)
     select 'almanac_test_plain', 'sql', 'secret', '1:2', almanac_private.login_key($1), h.database_oid from almanac_private.here() h`,
    [dora],
  )
  await workers.start()

  await runAs(dora, 'foreign', 'select session_user::text as login')

  const [row] = await rowsOf('foreign')
  expect(row!['login']).not.toBe('almanac_test_plain')
  expect(row!['login']).toBe((await loginOf(dora)).role_name)
})

test('a copy on the same server makes a login of its own, and leaves the original’s alone', async () => {
  await workers.start()
  await runAs(dora, 'original', 'select 1')
  await workers.run('original', 'succeeded')
  const original = await loginOf(dora)
  await workers.query(`update almanac_private.logins set database_oid = 1 where role_name = $1`, [
    original.role_name,
  ])

  await runAs(dora, 'copy', 'select session_user::text as login')

  expect(await rowsOf('copy')).toEqual([{ login: (await loginOf(dora)).role_name }])
  expect((await loginOf(dora)).role_name).not.toBe(original.role_name)
  const client = new Client(
    withLogin(workers.database.connectionString, { name: original.role_name, password: original.password }),
  )
  await client.connect()
  await client.end()
})

test('a login is handed out for a run that is going on only', async () => {
  await workers.start()
  await runAs(ann, 'over', 'select 1')
  await workers.run('over', 'succeeded')

  expect(
    await workers.query(
      `select o.role_name from almanac.runs r, almanac_private.open_sql_login(r.id, r.scheduled_for) o where r.schedule_name = 'over'`,
    ),
  ).toEqual([])
})

test('what a statement makes is owned, counted and run as the role that it ran for', async () => {
  await workers.query(`select almanac.register_task('almanac:noop'); delete from almanac_private.uses`)
  await workers.start()

  await runAs(
    ann,
    'maker',
    `select almanac.schedule_cron('statement made', '0 3 * * *', 'almanac:noop');
     insert into almanac.schedules (name, kind, task_identifier) values ('statement inserted', 'manual', 'almanac:noop');
     select almanac.create_calendar('made days'); select almanac.trigger_now('statement made', '{"by": "a statement"}')`,
  )
  await workers.run('maker', 'succeeded')
  await workers.run('statement made', 'succeeded')

  expect(
    await workers.query(
      `select name, run_as::text, created_by from almanac.schedules where name in ('statement made', 'statement inserted') order by name`,
    ),
  ).toEqual([
    { name: 'statement inserted', run_as: ann, created_by: (await loginOf(ann)).role_name },
    { name: 'statement made', run_as: ann, created_by: (await loginOf(ann)).role_name },
  ])
  expect(
    await workers.query(
      `select distinct run_as from almanac.runs where schedule_name in ('statement made', 'statement inserted')`,
    ),
  ).toEqual([{ run_as: ann }])
  expect(
    await workers.query(
      `select who, sum(count)::int from almanac_private.uses where kind = 'triggers' group by who`,
    ),
  ).toEqual([{ who: `role ${ann}`, sum: 2 }])
  await as(ann, `select almanac.pause('statement made'), almanac.pause('statement inserted')`)
  await as(ann, `select almanac.update_calendar('made days', '{"description": "hers"}')`)
  await expect(as(ben, `select almanac.pause('statement made')`)).rejects.toMatchObject({ code: 'AL011' })
})

test('what a statement changes stays with the role that it belongs to, or comes to the one that it ran for', async () => {
  await workers.query(`select almanac.register_task('almanac:noop')`)
  await as(ann, `select almanac.schedule_cron('hers', '0 3 * * *', 'almanac:noop')`)
  await workers.query(`select almanac.schedule_cron('of the owner', '0 3 * * *', 'almanac:noop')`)
  await workers.query(`grant almanac_admin to ${dora}`)
  await workers.start()

  const change = (name: string) =>
    `select almanac.schedule_cron('${name}', '0 4 * * *', 'almanac:noop', '{"a": 1}')`
  await runAs(ann, 'changer', change('hers'))
  await workers.run('changer', 'succeeded')
  await runAs(dora, 'admin', change('of the owner'))
  await workers.run('admin', 'succeeded')

  expect(
    await workers.query(
      `select name, run_as::text from almanac.schedules where name in ('hers', 'of the owner') order by name`,
    ),
  ).toEqual([
    { name: 'hers', run_as: ann },
    { name: 'of the owner', run_as: dora },
  ])
})

test('where the owner may not grant a role, the run says what a DBA has to run, and then it works', async ({
  skip,
}) => {
  await workers.start()
  await runAs(stranger, 'refused', 'select session_user')
  const [version] = await workers.query<{ n: number }>(
    `select current_setting('server_version_num')::int as n`,
  )
  if (version!.n < 160_000) skip('There CREATEROLE may grant every role.')

  const { error, attempt } = await workers.run('refused', 'failed')
  const [script] = /grant .*;/.exec(error!)!
  await asAdmin(async (client) => void (await client.query(script)))

  expect(attempt).toBe(1)
  await runAs(stranger, 'granted', 'select session_user::text as login')
  expect(await rowsOf('granted')).toEqual([{ login: (await loginOf(stranger)).role_name }])
})

test('where the owner may not make roles, a DBA makes the login, with the password that is kept', async () => {
  await asAdmin(async (client) => {
    // The function alone is another's: the owner serves other tests at the same time.
    await client.query(`create role ${weak} in role almanac_test_owner`)
  })
  await giveFunctionTo(weak)
  await workers.start()
  await runAs(cleo, 'unmade', 'select 1')
  const { error } = await workers.run('unmade', 'failed')
  const [script] = /create role [^]*;/.exec(error!)!
  await asAdmin(async (client) => void (await client.query(script)))

  await runAs(cleo, 'made', 'select session_user::text as login')

  expect(await rowsOf('made')).toEqual([{ login: (await loginOf(cleo)).role_name }])
  await giveFunctionTo('almanac_test_owner')
})

const giveFunctionTo = (role: string) =>
  asAdmin(async (client) => {
    await client.query(
      `alter function almanac_private.open_sql_login(bigint, timestamptz, boolean, text) owner to ${role}`,
    )
  })

test('a statement of a superuser or of the owner has only what its login was granted', async () => {
  await workers.start()

  await runAs(boss, 'boss', 'select from almanac_private.settings')
  await workers.trigger('owner', 'almanac:sql', {
    payload: { statement: 'select from almanac_private.logins' },
    max_attempts: 1,
  })

  expect((await workers.run('boss', 'failed')).error).toMatch(/^permission denied/)
  expect((await workers.run('owner', 'failed')).error).toMatch(/^permission denied/)
  await asAdmin(async (client) => {
    const { role_name } = await loginOf('almanac_test_owner')
    await client.query(`drop owned by ${role_name}; drop role ${role_name}`)
  })
})

test('a name without a schema is not looked up where everyone may create', async () => {
  await workers.query(
    `create schema safe; grant usage on schema safe to public; create table safe.orders as select 'true' as a; grant select on safe.orders to ${ann}`,
  )
  await asAdmin(async (client) => {
    await client.query('grant create on schema public to public')
    await client.query(
      `alter database ${new URL(workers.database.connectionString).pathname.slice(1)} set search_path to public, safe`,
    )
    await client.query(
      `create table public.orders as select 'forged' as a; grant select on public.orders to public`,
    )
  })
  await workers.start()

  await runAs(ann, 'unqualified', `select a, current_setting('search_path') as path from orders`)

  expect(await rowsOf('unqualified')).toEqual([{ a: 'true', path: 'safe, pg_temp' }])
})
