import { escapeIdentifier, type ClientBase } from 'pg'
import { handOver } from './rights/ownership.ts'
import { readRights, type Rights } from './rights/rightsFile.ts'

/** What must be known about a server before migrating a database of it. */
export interface ServerFacts {
  readonly versionNumber: number
  readonly version: string
  readonly encoding: string
  readonly login: string
  readonly database: string
  readonly hasContrib: boolean
  /** The statements that make the group roles that are missing. */
  readonly missingRoles: readonly string[]
  readonly mayCreateRoles: boolean
  readonly mayCreateSchemas: boolean
  /** Who has Graphile Worker's schema, where that is a role whose rights this login has not, and Almanac is to be added. */
  readonly workerOwner: { readonly name: string; readonly isSuperuser: boolean } | null
  readonly memberships: readonly MembershipFacts[]
}

/** A login that is to act as the server or as a worker. */
interface MembershipFacts {
  readonly login: string
  readonly group: string
  readonly exists: boolean
  readonly isMember: boolean
  /** Whether the migrating login may make it one; of a group that is missing it may if it makes it. */
  readonly mayGrant: boolean
}

const OLDEST_VERSION = 150_000

/** Throws if this server cannot be migrated, saying all that is to be done about it. */
export async function checkServer(client: ClientBase, memberships: readonly Membership[]): Promise<void> {
  const problem = problemWith(await factsOf(client, memberships))
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
  if (!server.hasContrib) {
    return 'Almanac needs the extension btree_gist, which comes with PostgreSQL: install its contrib modules on the server (a package such as postgresql-contrib).'
  }
  const statements = [
    ...(server.mayCreateRoles ? [] : server.missingRoles.map((statement) => `${statement};`)),
    ...(server.mayCreateRoles
      ? []
      : server.memberships
          .filter(({ exists }) => !exists)
          .map(({ login }) => `create role ${escapeIdentifier(login)} login password '…';`)),
    ...server.memberships
      .filter(({ isMember, mayGrant }) => !isMember && !mayGrant)
      .map(({ login, group }) => `grant ${group} to ${escapeIdentifier(login)};`),
    ...workerOwnership(server),
    ...(server.mayCreateSchemas
      ? []
      : [
          `grant create on database ${escapeIdentifier(server.database)} to ${escapeIdentifier(server.login)};`,
        ]),
  ]
  if (statements.length === 0) return null
  return `The login ${server.login} may not create what Almanac needs. Ask a DBA to run this, then migrate again:\n\n  ${statements.join('\n  ')}\n`
}

/**
 * Almanac's functions add jobs with the rights of the owner of Graphile Worker's schema. A superuser's are not given
 * away.
 */
function workerOwnership({ workerOwner, login }: ServerFacts): string[] {
  if (workerOwner === null) return []
  return workerOwner.isSuperuser
    ? [handOver(['graphile_worker'], login)]
    : [`grant ${escapeIdentifier(workerOwner.name)} to ${escapeIdentifier(login)};`]
}

/** A login, or the migrating one (null), and the group role that its part needs. */
export interface Membership {
  readonly login: string | null
  readonly group: string
}

async function factsOf(client: ClientBase, memberships: readonly Membership[]): Promise<ServerFacts> {
  const roles = rolesOf(await readRights())
  const { rows } = await client.query<ServerFacts>(
    `select pg_catalog.current_setting('server_version_num')::int as "versionNumber",
       pg_catalog.current_setting('server_version') as "version",
       pg_catalog.current_setting('server_encoding') as "encoding",
       session_user as "login",
       pg_catalog.current_database() as "database",
       exists (select from pg_catalog.pg_available_extensions e where e.name = 'btree_gist') as "hasContrib",
       array(select wanted from unnest($1::text[]) wanted where pg_catalog.to_regrole(wanted) is null) as "missingRoles",
       (select r.rolsuper or r.rolcreaterole from pg_catalog.pg_roles r where r.rolname = session_user) as "mayCreateRoles",
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create') as "mayCreateSchemas",
       (select pg_catalog.json_build_object('name', o.rolname, 'isSuperuser', o.rolsuper)
        from pg_catalog.pg_namespace n join pg_catalog.pg_roles o on o.oid = n.nspowner
        where n.nspname = 'graphile_worker' and not pg_catalog.pg_has_role(session_user, o.oid, 'usage')
          and not exists (select from pg_catalog.pg_namespace a where a.nspname = 'almanac')) as "workerOwner",
       (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('login', coalesce(w.login, session_user), 'group', w.group, 'exists', l.oid is not null,
          'isMember', exists (
            select from pg_catalog.pg_auth_members m
            where m.roleid = g.oid and m.member = l.oid and coalesce((pg_catalog.to_jsonb(m) ->> 'inherit_option')::boolean, true)),
          'mayGrant', case
            when me.rolsuper then true
            when g.oid is null or pg_catalog.current_setting('server_version_num')::int < 160000 then me.rolcreaterole
            else pg_catalog.pg_has_role(session_user, g.oid, 'usage with admin option') end) order by w.nth), '[]')
        from unnest($2::text[], $3::text[]) with ordinality w(login, "group", nth)
        join pg_catalog.pg_roles me on me.rolname = session_user
        left join pg_catalog.pg_roles l on l.rolname = coalesce(w.login, session_user)
        left join pg_catalog.pg_roles g on g.rolname = w.group) as memberships`,
    [[...roles.keys()], memberships.map(({ login }) => login), memberships.map(({ group }) => group)],
  )
  const facts = rows[0]!
  return { ...facts, missingRoles: statementsOf(facts.missingRoles, roles) }
}

/** The group roles of sql/rights.sql, with the statements that make them. */
function rolesOf(rights: Rights): Rights {
  return new Map(
    [...rights].flatMap(([object, statements]) => {
      const [, name] = /^role (.+)$/.exec(object) ?? []
      return name === undefined ? [] : [[name, statements] as const]
    }),
  )
}

/** Roles before their memberships. */
function statementsOf(names: readonly string[], roles: Rights): string[] {
  const statements = names.flatMap((name) => roles.get(name) ?? [])
  const creates = (statement: string) => statement.startsWith('create role ')
  return [...statements.filter(creates), ...statements.filter((statement) => !creates(statement))]
}
