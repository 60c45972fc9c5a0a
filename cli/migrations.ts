import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { Logger as WorkerLogger, runMigrations } from 'graphile-worker'
import { Logger, migrate, watch } from 'graphile-migrate'
import { Client } from 'pg'
import { registerLogins, type LoginOptions } from './logins.ts'
import { PACKAGE_ROOT } from './packageRoot.ts'
import { checkServer } from './serverCheck.ts'

export const MIGRATIONS_FOLDER = join(PACKAGE_ROOT, 'sql/migrations')

export interface MigrationOptions {
  /** The owner's URL, not that of a transaction pooler: a lock is held by the session. */
  readonly connectionString: string
  readonly migrationsFolder?: string
  /** Applies `current.sql` too: for development and tests, where the working tree is what counts. */
  readonly withCurrent?: boolean
  /** Which logins to make; left out, none are. */
  readonly logins?: LoginOptions
}

const LOCK = 'almanac:migrate'

/**
 * Brings Graphile Worker's schema and then Almanac's up to date. Others who try at the same time wait, and then find
 * nothing left to do.
 */
export async function applyMigrations(options: MigrationOptions): Promise<void> {
  const { connectionString, migrationsFolder = MIGRATIONS_FOLDER, withCurrent = false } = options
  const client = new Client({ connectionString, application_name: 'almanac migrate' })
  await client.connect()
  try {
    await checkServer(client)
    // Whoever else migrates may take longer than statements may in this database.
    await client.query('set statement_timeout to 0; set lock_timeout to 0')
    await client.query('select pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended($1, 0))', [LOCK])
    await runMigrations({ connectionString, logger: new WorkerLogger(() => quiet) })
    const name = `almanac migrate ${process.pid}`
    const settings = {
      connectionString: withApplicationName(connectionString, name),
      migrationsFolder,
      logger: new Logger(() => quiet),
    }
    try {
      if (withCurrent && (await hasCurrent(migrationsFolder))) await watch(settings, true)
      else await migrate(settings)
    } catch (error) {
      throw withPlace(error)
    } finally {
      await untilDisconnected(client, name)
    }
    await openWorkerTables(client)
    if (options.logins) await registerLogins(client, options.logins)
  } finally {
    await client.end()
  }
}

/** Whether there is a migration in the making. */
export async function hasCurrent(migrationsFolder = MIGRATIONS_FOLDER): Promise<boolean> {
  const text = await readFile(join(migrationsFolder, 'current.sql'), 'utf8').catch(() => '')
  return text.split('\n').some((line) => /^--!\s*include\b/.test(line) || !/^\s*(--.*)?$/.test(line))
}

/** graphile-migrate leaves a picture of the place in the migration on PostgreSQL's error, coloured for a terminal. */
function withPlace(error: unknown): unknown {
  if (!(error instanceof Error) || !('_gmMessageOverride' in error)) return error
  const place = stripVTControlCharacters(String(error._gmMessageOverride)).replace('🛑 ', '')
  return new Error(place, { cause: error })
}

function withApplicationName(connectionString: string, name: string): string {
  const url = new URL(connectionString)
  url.searchParams.set('application_name', name)
  return url.href
}

/**
 * graphile-migrate keeps its connections for a moment, and ends the whole process if the database goes away in that
 * time. Nor can a database be cloned while they are there.
 */
async function untilDisconnected(client: Client, name: string): Promise<void> {
  const connected =
    'select from pg_catalog.pg_stat_activity where application_name = $1 and datname = pg_catalog.current_database()'
  while ((await client.query(connected, [name])).rowCount) await delay(20)
}

/** Graphile Worker's tables are new after its migrations, and closed to all but their owner. */
async function openWorkerTables(client: Client): Promise<void> {
  await client.query(`do $$ begin
    if pg_catalog.to_regprocedure('almanac_private.grant_worker_rights()') is not null then
      perform almanac_private.grant_worker_rights();
    end if;
  end $$`)
}

/** The failure itself is thrown. What the tools report on their way is not news. */
function quiet(): void {}
