import { join } from 'node:path'
import { getAllMigrations, type FileMigration } from 'graphile-migrate/dist/migration.js'
import type { ParsedSettings } from 'graphile-migrate/dist/settings.js'
import type { ClientBase } from 'pg'
import type { Query } from './query.ts'
import { PACKAGE_ROOT } from './packageRoot.ts'

export const MIGRATIONS_FOLDER = join(PACKAGE_ROOT, 'sql/migrations')

/** The committed migrations, in their order; graphile-migrate checks that each follows the one before. */
export function readMigrations(migrationsFolder = MIGRATIONS_FOLDER): Promise<FileMigration[]> {
  // Of its settings it reads nothing else.
  return getAllMigrations({ migrationsFolder } as ParsedSettings)
}

/**
 * Which migrations a database has. In a schema of its own: graphile-migrate writes graphile_migrate, which belongs to
 * whatever else in this database is migrated by it.
 */
const RECORD = `
  create schema if not exists almanac_migrate;
  comment on schema almanac_migrate is 'Which migrations of Almanac this database has.';
  create table almanac_migrate.migrations (
    hash text primary key,
    previous_hash text references almanac_migrate.migrations,
    filename text not null,
    date timestamptz not null default now()
  );
  create table almanac_migrate.current (content text not null);
  -- Too long for a key; under a publication of all tables it could not be deleted from.
  alter table almanac_migrate.current replica identity full`

/** Creates the record if it is missing. */
export async function ensureRecord(client: ClientBase): Promise<void> {
  const { rowCount } = await client.query(
    `select where pg_catalog.to_regclass('almanac_migrate.migrations') is not null`,
  )
  if (rowCount === 0) await client.query(`begin; ${RECORD}; commit`)
}

/** What keeps this program from using the database, in one line with its remedy; `null`: it fits. */
export async function schemaProblem(query: Query, migrationsFolder?: string): Promise<string | null> {
  const [facts] = await query<Facts>(FACTS)
  const { database, login, hasAlmanac, hasRecord, mayRead } = facts!
  if (!hasAlmanac) {
    return `The database ${database} does not contain Almanac. Run "npx almanac migrate" with the URL of its owner in DATABASE_URL.`
  }
  if (hasRecord && !mayRead) {
    return `The login ${login} has no rights to Almanac in the database ${database}. Run "npx almanac migrate" with its URL in ALMANAC_SERVER_URL or ALMANAC_WORKER_URL.`
  }
  const migrations = await readMigrations(migrationsFolder)
  const recorded = hasRecord ? await recordedIn(query) : []
  const unknown = unknownTo(migrations, recorded)
  if (unknown !== null) return unknown
  const behind = migrations.length - recorded.length
  if (behind === 0) return null
  return `The database ${database} was migrated by an older Almanac than this program: ${behind} migration${behind === 1 ? ' is' : 's are'} missing. Run "npx almanac migrate".`
}

interface Recorded {
  readonly hash: string
  readonly filename: string
}

export function recordedIn(query: Query): Promise<Recorded[]> {
  return query<Recorded>('select hash, filename from almanac_migrate.migrations order by filename')
}

/**
 * Says so if a database that has Almanac's schemas was not made by migrations of this program: by those of a newer one, or, as
 * that of a development version, by others.
 */
export function unknownTo(
  migrations: readonly FileMigration[],
  recorded: readonly Recorded[],
): string | null {
  const other = migrations
    .slice(0, Math.max(recorded.length, 1))
    .find(({ hash }, index) => hash !== recorded[index]?.hash)
  if (other !== undefined) {
    return `The database was created by a development version of Almanac: ${other.realFilename} of this program was not applied to it, and cannot be. Recreate it: docs/operations.md, "Databases of development versions".`
  }
  const newer = recorded.slice(migrations.length).map(({ filename }) => filename)
  if (newer.length === 0) return null
  return `The database was migrated by a newer Almanac than this program, which does not know the migration${newer.length === 1 ? '' : 's'} ${newer.join(', ')}. Use the version that migrated it, or a newer one.`
}

interface Facts {
  readonly database: string
  readonly login: string
  readonly hasAlmanac: boolean
  readonly hasRecord: boolean
  readonly mayRead: boolean
}

const FACTS = `
  select pg_catalog.current_database() as database, session_user as login,
    exists (select from pg_catalog.pg_namespace where nspname = 'almanac_private') as "hasAlmanac",
    r.oid is not null as "hasRecord",
    coalesce(pg_catalog.has_schema_privilege(r.relnamespace, 'usage') and pg_catalog.has_table_privilege(r.oid, 'select'), false) as "mayRead"
  from (select) one left join pg_catalog.pg_class r
    on r.relname = 'migrations' and r.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = 'almanac_migrate')`
