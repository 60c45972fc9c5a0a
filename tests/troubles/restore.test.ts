import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withLogin } from '../../process/databaseUrl.ts'
import { ask } from './ask.ts'
import { rightsIn } from './catalogue.ts'
import { startDebianServer, type DebianServer } from './debianPostgres.ts'
import { createDatabase, loginTo, migrate, restore, startEmbedded, tool } from './dump.ts'

let folder: string
let dump: string
let source: DebianServer
let sourceRights: string[]
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'almanac-dump-'))
  dump = join(folder, 'almanac.dump')
  source = await startDebianServer()
  const url = await createDatabase(source.adminConnectionString, 'keeper', 'production')
  await migrate(url)
  await ask(url, `select almanac.schedule_cron('nightly', '0 3 * * *', 'almanac:noop')`)
  sourceRights = await rightsIn(url)
  await tool('pg_dump', '--format=custom', `--file=${dump}`, url)
}, 60_000)
afterAll(async () => {
  await source.stop()
  await rm(folder, { recursive: true, force: true })
})

describe.each([
  { version: '15', start: () => startDebianServer() },
  { version: '18', start: () => startEmbedded() },
])('restored on PostgreSQL $version, the rights are those of the source', ({ start }) => {
  let target: { adminConnectionString: string; stop(): Promise<void> }
  let admin: string
  beforeAll(async () => {
    target = await start()
    admin = target.adminConnectionString
  })
  afterAll(() => target.stop())

  test('where no role but the owner is there, and a second migration changes nothing', async () => {
    const url = await createDatabase(admin, 'keeper', 'plain')
    await ask(admin, 'grant pg_signal_backend to keeper')
    await restore(dump, url)

    await migrate(url)

    expect(await rightsIn(url)).toEqual(sourceRights)
    expect(await migrate(url)).toEqual([])
    expect(
      await ask(
        url,
        `select name, almanac_private.role_of_key(run_as_key) as role from almanac.schedules where not is_system`,
      ),
    ).toEqual([{ name: 'nightly', role: 'keeper' }])
    expect(await ask(url, 'select from almanac.check_ledger()')).toEqual([])
  })

  test('almanac:sql logs in, and the logins of the source count for nothing', async () => {
    const url = await createDatabase(admin, 'keeper', 'moved')
    await ask(
      admin,
      `do $$ begin
      if to_regrole('almanac_sql') is null then create role almanac_sql login password 'another'; end if;
    end $$`,
    )
    await restore(dump, url)
    await ask(url, `insert into almanac_private.logins values ('another_login', 'server', null, '1:2')`)

    await migrate(url)

    const [login] = await ask(
      url,
      `select role_name, password from almanac_private.logins where purpose = 'sql' and role_key = almanac_private.login_key(role_name)`,
    )
    const client = new Client(
      withLogin(url, { name: String(login!['role_name']), password: String(login!['password']) }),
    )
    await client.connect()
    const { rows } = await client.query('select session_user::text as login')
    await client.end()
    expect(rows).toEqual(await ask(url, 'select almanac.sql_login() as login'))
    expect(rows).not.toEqual([{ login: 'almanac_sql' }])
    expect(
      await ask(url, `select role_name::text from almanac_private.logins where purpose = 'server'`),
    ).toEqual([{ role_name: 'keeper' }])
  })

  test('with another owner and no rights in the dump, once a DBA has run what migrate asks for', async () => {
    const url = await createDatabase(admin, 'heir', 'inherited')
    await restore(dump, url, '--no-owner', '--no-acl')

    const asked = await migrate(url).then(String, String)
    for (const [statement] of asked.matchAll(/grant .*;/g)) await ask(admin, statement)
    await migrate(url)

    expect(await rightsIn(url)).toEqual(sourceRights)
  })

  test('by a superuser, once a DBA has run what migrate asks for', async () => {
    const url = await createDatabase(admin, 'heir', 'handed_over')
    await restore(dump, loginTo(admin, 'handed_over'), '--no-owner')

    const refusal = await migrate(url).catch((error: Error) => error.message)
    const [script] = /do \$almanac\$.*\$almanac\$;/s.exec(String(refusal)) ?? []
    await ask(loginTo(admin, 'handed_over'), script!)
    await migrate(url)

    expect(refusal).toMatch('Almanac in this database belongs to postgres.')
    expect(await rightsIn(url)).toEqual(sourceRights)
  })

  test('in a clone whose owner was changed by reassign owned', async () => {
    await createDatabase(admin, 'keeper', 'original')
    const url = loginTo(admin, 'clone', 'heir')
    await restore(dump, loginTo(admin, 'original', 'keeper'))
    await ask(admin, 'create database clone template original owner heir')
    await ask(loginTo(admin, 'clone'), 'reassign owned by keeper to heir')

    await migrate(url)

    expect(await rightsIn(url)).toEqual(sourceRights)
  })
})
