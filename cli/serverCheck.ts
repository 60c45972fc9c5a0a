import { escapeIdentifier, type ClientBase } from 'pg'

/** What must be known about a server before migrating a database of it. */
export interface ServerFacts {
  readonly versionNumber: number
  readonly version: string
  readonly encoding: string
  readonly login: string
  readonly database: string
  readonly missingRoles: readonly string[]
  readonly mayCreateRoles: boolean
  readonly mayCreateSchemas: boolean
}

const OLDEST_VERSION = 150_000

const ROLES: Readonly<Record<string, string>> = {
  almanac_viewer: 'create role almanac_viewer nologin;',
  almanac_operator: 'create role almanac_operator nologin in role almanac_viewer;',
  almanac_admin: 'create role almanac_admin nologin in role almanac_operator;',
  almanac_server: 'create role almanac_server nologin noinherit in role almanac_admin;',
  almanac_worker: 'create role almanac_worker nologin in role almanac_viewer;',
}

/** Throws if this server cannot be migrated, saying what to do about it. */
export async function checkServer(client: ClientBase): Promise<void> {
  const problem = problemWith(await factsOf(client))
  if (problem !== null) throw new Error(problem)
}

/** What stands against migrating, or `null`. */
export function problemWith(server: ServerFacts): string | null {
  if (server.versionNumber < OLDEST_VERSION) {
    return `Almanac needs PostgreSQL 15 or newer; this server is ${server.version}.`
  }
  if (server.encoding !== 'UTF8') {
    return `Almanac needs a database with the encoding UTF8; ${server.database} has ${server.encoding}.`
  }
  const statements = [
    ...(server.mayCreateRoles ? [] : server.missingRoles.map((role) => ROLES[role])),
    ...(server.mayCreateSchemas
      ? []
      : [
          `grant create on database ${escapeIdentifier(server.database)} to ${escapeIdentifier(server.login)};`,
        ]),
  ]
  if (statements.length === 0) return null
  return `The login ${server.login} may not make what Almanac needs. Let a DBA run this, and then migrate again:\n\n  ${statements.join('\n  ')}\n`
}

async function factsOf(client: ClientBase): Promise<ServerFacts> {
  const { rows } = await client.query<ServerFacts>(
    `select pg_catalog.current_setting('server_version_num')::int as "versionNumber",
       pg_catalog.current_setting('server_version') as "version",
       pg_catalog.current_setting('server_encoding') as "encoding",
       session_user as "login",
       pg_catalog.current_database() as "database",
       array(select wanted from unnest($1::text[]) wanted where pg_catalog.to_regrole(wanted) is null) as "missingRoles",
       (select r.rolsuper or r.rolcreaterole from pg_catalog.pg_roles r where r.rolname = session_user) as "mayCreateRoles",
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create') as "mayCreateSchemas"`,
    [Object.keys(ROLES)],
  )
  return rows[0]!
}
