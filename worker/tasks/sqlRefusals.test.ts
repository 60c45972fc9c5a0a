import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { useTestWorkers } from '../testing/testWorkers.ts'

const workers = useTestWorkers()
let ann: string

async function asAdmin(...statements: string[]): Promise<Record<string, unknown>[]> {
  const admin = new Client({ connectionString: workers.database.adminConnectionString })
  await admin.connect()
  try {
    let rows: Record<string, unknown>[] = []
    for (const statement of statements) rows = (await admin.query<Record<string, unknown>>(statement)).rows
    return rows
  } finally {
    await admin.end()
  }
}

beforeEach(() => {
  ann = `almanac_test_refused_${randomBytes(4).toString('hex')}`
})
afterEach(async () => {
  const roles = await asAdmin(
    `select rolname from pg_roles where rolname like '%${ann}%' order by rolname desc`,
  )
  await workers.query('delete from almanac_private.logins where serves is not null')
  for (const { rolname } of roles)
    await asAdmin(`drop owned by ${String(rolname)}`, `drop role ${String(rolname)}`)
})

const login = async () =>
  (
    await workers.query<{ role_name: string }>(
      `select role_name from almanac_private.logins where purpose = 'sql' and role_name like '%' || left($1, 40) || '%'`,
      [ann],
    )
  )[0]!.role_name

async function runAs(name: string): Promise<void> {
  await workers.query(
    `select almanac.schedule_at($1, now() + interval '1 hour', 'almanac:sql', '{"statement": "select 1"}')`,
    [name],
  )
  await workers.query(`set almanac.engine to 'on'; update almanac.schedules set run_as = '${ann}',
    run_as_key = almanac_private.login_key('${ann}') where name = '${name}'; set almanac.engine to 'off'`)
  await workers.query('select almanac.trigger_now($1)', [name])
}

test.each([
  {
    what: 'NOLOGIN',
    harm: (name: string) => [`alter role ${name} nologin`],
    says: /may not log in \(NOLOGIN\).*let a DBA run this[^]*alter role \S+ login/,
    alarm: 'NOLOGIN',
  },
  {
    what: 'a password that has expired',
    harm: (name: string) => [`alter role ${name} valid until '2020-01-01'`],
    says: /may not log in \(VALID UNTIL '2020-01-01[^]*valid until 'infinity'/,
    alarm: 'VALID UNTIL',
  },
  {
    what: 'a connection limit of 0',
    harm: (name: string) => [`alter role ${name} connection limit 0`],
    says: /may not log in \(CONNECTION LIMIT 0\)[^]*connection limit -1/,
    alarm: 'CONNECTION LIMIT 0',
  },
  {
    what: 'a role that was dropped',
    harm: (name: string) => [
      `drop owned by ${name}`,
      `drop role ${name}`,
      `drop owned by ${ann}`,
      `drop role ${ann}`,
    ],
    says: /The role that this schedule runs as no longer exists\. As an admin, give the schedule another one: select almanac\.give_schedule/,
    alarm: null,
  },
  {
    what: 'settings that were changed',
    harm: (name: string) => [`alter role ${name} set default_transaction_read_only to on`],
    says: null,
    alarm: 'default_transaction_read_only=on',
  },
  {
    what: 'a password that was changed',
    harm: (name: string) => [`alter role ${name} password 'mine'`],
    says: null,
    alarm: 'its password',
  },
  {
    what: 'a login that was dropped',
    harm: (name: string) => [`drop owned by ${name}`, `drop role ${name}`],
    says: null,
    alarm: 'it was dropped',
  },
])(
  '$what: the run works again, or says what a DBA has to do; an alarm is raised',
  async ({ harm, says, alarm }) => {
    await asAdmin(`create role ${ann} login password 'secret' in role almanac_operator`)
    const [version] = await asAdmin(`select current_setting('server_version_num')::int >= 160000 as grants`)
    if (version!['grants'] === true)
      await asAdmin(`grant ${ann} to almanac_test_owner with admin true, inherit false, set false`)
    const { messages } = await workers.start()
    await runAs(`first ${ann}`)
    await workers.run(`first ${ann}`, 'succeeded')
    await asAdmin(...harm(await login()))

    await runAs(`second ${ann}`)

    const { error, attempt } = await workers.run(`second ${ann}`, says === null ? 'succeeded' : 'failed')
    expect(attempt).toBe(1)
    if (says !== null) expect(error).toMatch(says)
    const changed = await workers.query<{ changed_what: string }>(
      `select changed_what from almanac_private.sql_logins_changed(now() - interval '1 hour')`,
    )
    const alarms = messages.filter((text) => text.includes('ALARM'))
    if (alarm === null) expect([changed, alarms]).toEqual([[], []])
    else {
      expect(changed).toEqual([{ changed_what: expect.stringContaining(alarm) as string }])
      expect(alarms).toEqual([expect.stringContaining(alarm)])
      expect(alarms[0]?.includes('and was reset')).toBe(says === null)
    }
  },
)

test('the alarm for a login that a DBA has barred ends when it may log in again', async () => {
  await asAdmin(`create role ${ann} login password 'secret' in role almanac_operator`)
  const [version] = await asAdmin(`select current_setting('server_version_num')::int >= 160000 as grants`)
  if (version!['grants'] === true)
    await asAdmin(`grant ${ann} to almanac_test_owner with admin true, inherit false, set false`)
  await workers.start()
  await runAs(`first ${ann}`)
  await workers.run(`first ${ann}`, 'succeeded')
  const changed = () =>
    workers.query(`select changed_what from almanac_private.sql_logins_changed(now() - interval '1 hour')`)

  await asAdmin(`alter role ${await login()} nologin`)
  await runAs(`second ${ann}`)
  await workers.run(`second ${ann}`, 'failed')
  expect(await changed()).toEqual([{ changed_what: 'NOLOGIN' }])

  await asAdmin(`alter role ${await login()} login`)
  expect(await changed()).toEqual([])
})
