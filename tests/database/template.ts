import { Client, escapeIdentifier } from 'pg'
import { describeError } from '../../process/log.ts'
import { randomPassword } from '../../cli/embedded/clusterFile.ts'
import { MIGRATIONS_FOLDER } from '../../process/migrationRecord.ts'
import { applyMigrations } from '../../cli/migrations.ts'

/** Login roles that tests can connect as; `owner` is the one that migrated, `admin` and below hold a group role. */
export const TEST_LOGINS = ['owner', 'server', 'worker', 'admin', 'operator', 'viewer', 'plain'] as const
export type TestLogin = (typeof TEST_LOGINS)[number]

/** The server that the tests of one run share. */
export interface TestServer {
  /** A superuser's URL. */
  readonly adminConnectionString: string
  readonly template: string
  readonly password: string
  /** Why there is no template: the tests that need none run all the same. */
  readonly failure: string | null
}

declare module 'vitest' {
  interface ProvidedContext {
    testServer: TestServer
  }
}

const GROUP_ROLES: Readonly<Partial<Record<TestLogin, string>>> = {
  server: 'almanac_server',
  worker: 'almanac_worker',
  admin: 'almanac_admin',
  operator: 'almanac_operator',
  viewer: 'almanac_viewer',
}

/** The database role behind a login. */
export function testRole(login: TestLogin): string {
  return `almanac_test_${login}`
}

/** Makes the login roles and a migrated database, without system schedules, that `createTestDatabase` clones. */
export async function prepareTemplate(
  adminConnectionString: string,
  migrationsFolder = MIGRATIONS_FOLDER,
): Promise<TestServer> {
  const template = `almanac_test_template_${process.pid}`
  const password = randomPassword()
  const admin = new Client({ connectionString: adminConnectionString })
  await admin.connect()
  try {
    for (const login of TEST_LOGINS) await ensureLogin(admin, testRole(login), password)
    await admin.query(`alter role ${testRole('owner')} createrole`)
    await admin.query(`drop database if exists ${template} with (force)`)
    await admin.query(`create database ${template} owner ${testRole('owner')} template template0`)
    const server: TestServer = { adminConnectionString, template, password, failure: null }
    try {
      await applyMigrations({
        connectionString: connectionStringFor(server, template, 'owner'),
        migrationsFolder,
        withCurrent: true,
        withRights: false,
      })
    } catch (error) {
      return { ...server, failure: describeError(error) }
    }
    await grantRoles(server)
    await removeSystemSchedules(server)
    return server
  } finally {
    await admin.end()
  }
}

/** The URL of `database` for one of the logins. */
export function connectionStringFor(server: TestServer, database: string, login: TestLogin): string {
  const url = new URL(server.adminConnectionString)
  url.username = testRole(login)
  url.password = server.password
  url.pathname = `/${database}`
  return url.href
}

/** The superuser's URL of `database`. */
export function adminUrlFor(server: TestServer, database: string): string {
  const url = new URL(server.adminConnectionString)
  url.pathname = `/${database}`
  return url.href
}

async function ensureLogin(admin: Client, role: string, password: string): Promise<void> {
  const { rowCount } = await admin.query('select from pg_catalog.pg_roles where rolname = $1', [role])
  const verb = rowCount ? 'alter' : 'create'
  await admin.query(`${verb} role ${escapeIdentifier(role)} login password '${password}'`)
}

async function grantRoles(server: TestServer): Promise<void> {
  const client = new Client({ connectionString: adminUrlFor(server, server.template) })
  await client.connect()
  try {
    const { rows: versions } = await client.query<{ version: number }>(
      `select pg_catalog.current_setting('server_version_num')::int as version`,
    )
    const onlyToSet = (versions[0]?.version ?? 0) >= 160_000 ? 'with inherit false, set true' : ''
    for (const login of TEST_LOGINS) {
      const group = GROUP_ROLES[login]
      if (!group || !(await exists(client, group))) continue
      await client.query(`grant ${group} to ${testRole(login)}`)
      await client.query(`grant ${group} to ${testRole('owner')} ${onlyToSet}`)
    }
    const { rows } = await client.query<{ found: boolean }>(
      `select pg_catalog.to_regclass('almanac_private.logins') is not null as found`,
    )
    if (!rows[0]?.found) return
    await client.query(
      `insert into almanac_private.logins (role_name, purpose, role_key)
       values ($1, 'server', almanac_private.login_key($1)), ($2, 'worker', almanac_private.login_key($2))`,
      [testRole('server'), testRole('worker')],
    )
  } finally {
    await client.end()
  }
}

/** Tests count schedules and drive the clock: they begin without Almanac's own, which `install_system_schedules` brings back. */
async function removeSystemSchedules(server: TestServer): Promise<void> {
  const client = new Client({ connectionString: adminUrlFor(server, server.template) })
  await client.connect()
  try {
    await client.query(`do $$ begin
      if pg_catalog.to_regclass('almanac.ledger_checks') is not null then
        truncate almanac.schedules, almanac_private.rule_versions restart identity cascade;
        perform graphile_worker.remove_job(j.key) from graphile_worker.jobs j where j.key like 'schedule:%';
      end if;
    end $$`)
  } finally {
    await client.end()
  }
}

async function exists(client: Client, role: string): Promise<boolean> {
  return (
    ((await client.query('select from pg_catalog.pg_roles where rolname = $1', [role])).rowCount ?? 0) > 0
  )
}
