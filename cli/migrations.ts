import { stripVTControlCharacters } from 'node:util'
import { Logger as WorkerLogger, runMigrations } from 'graphile-worker'
import { Logger } from 'graphile-migrate'
import { calculateHash } from 'graphile-migrate/dist/hash.js'
import { runQueryWithErrorInstrumentation } from 'graphile-migrate/dist/instrumentation.js'
import { compilePlaceholders, type FileMigration } from 'graphile-migrate/dist/migration.js'
import { parseSettings, type ParsedSettings } from 'graphile-migrate/dist/settings.js'
import type { Client, ClientBase, PoolClient } from 'pg'
import { hasCurrent, readCurrent } from './currentMigration.ts'
import { DatabaseClient, resolveHost } from '../process/client.ts'
import { openConnections } from '../process/connections.ts'
import { queryOn } from '../process/query.ts'
import { membershipsOf, registerLogins, type LoginOptions } from './logins.ts'
import { repair } from './repair.ts'
import { bringRights, ensureGroupRoles } from './rights/bringRights.ts'
import { settleOwnership, warnOfOwner } from './rights/ownership.ts'
import {
  ensureRecord,
  MIGRATIONS_FOLDER,
  readMigrations,
  recordedIn,
  unknownTo,
} from '../process/migrationRecord.ts'
import { inTurn, type MigrationTurn } from './migrationTurn.ts'
import { keepOutOfOurSchemas } from './searchPath.ts'
import { checkServer } from './serverCheck.ts'
import { requireNoOlderWorkers } from './workerSchema.ts'

export interface MigrationOptions {
  /** The owner's URL, not that of a transaction pooler: a lock is held by the session. */
  readonly connectionString: string
  readonly migrationsFolder?: string
  /** Applies `current.sql` too: for development and tests, where the working tree is what counts. */
  readonly withCurrent?: boolean
  /** Brings the rights to what sql/rights.sql says: true, unless the file, which tells of current.sql too, is ahead. */
  readonly withRights?: boolean
  /** Brings Graphile Worker's schema past a breaking revision no matter who uses it. */
  readonly upgradeGraphileWorker?: boolean
  /** Which logins to make; left out, none are. */
  readonly logins?: LoginOptions
  readonly log?: (message: string) => void
  /** Milliseconds that each step may wait for others' locks, and for others who migrate. Default: a minute. */
  readonly patience?: number
}

/** Milliseconds that each step may wait for others' locks in all. */
const PATIENCE = 60_000

/**
 * Brings Graphile Worker's schema and then Almanac's up to date. Others who try at the same time wait, and then find
 * nothing left to do. graphile-migrate reads, checks and compiles the files; what was run is recorded in a schema of
 * our own, for graphile-migrate's may be a host application's.
 */
export async function applyMigrations(options: MigrationOptions): Promise<void> {
  const { migrationsFolder = MIGRATIONS_FOLDER, withCurrent = false } = options
  const connectionString = await resolveHost(options.connectionString)
  const withRights = options.withRights ?? (withCurrent || !(await hasCurrent(migrationsFolder)))
  const client = new DatabaseClient({
    connectionString,
    application_name: 'almanac migrate',
  })
  await client.connect()
  try {
    await checkServer(client, options.logins ? membershipsOf(options.logins) : [])
    // A step may take longer than statements may in this database.
    await client.query('set statement_timeout to 0; set lock_timeout to 0')
    if (!options.upgradeGraphileWorker) await requireNoOlderWorkers(client)
    await settleOwnership(client)
    await inTurn(
      { connectionString, patience: options.patience ?? PATIENCE, log: options.log ?? quiet },
      (turn) =>
        migrateInTurn(client, turn, {
          ...options,
          connectionString,
          migrationsFolder,
          withCurrent,
          withRights,
        }),
    )
  } finally {
    await client.end()
  }
}

async function migrateInTurn(
  client: Client,
  turn: MigrationTurn,
  options: MigrationOptions & { migrationsFolder: string; withCurrent: boolean; withRights: boolean },
): Promise<void> {
  const { connectionString, migrationsFolder, withCurrent, withRights } = options
  const locked = <Result>(what: string, work: () => Promise<Result>) => turn.retry(client, what, work)
  const migrations = await readMigrations(migrationsFolder)
  await ensureRecord(client)
  const recorded = await recordedIn(queryOn(client))
  const problem = recorded.length > 0 || (await hasSchemas(client)) ? unknownTo(migrations, recorded) : null
  if (problem !== null) throw new Error(problem)

  if (withRights) await ensureGroupRoles(client)
  await migrateGraphileWorker(connectionString, turn)
  const settings = await parseSettings({
    connectionString,
    migrationsFolder,
    logger: new Logger(() => quiet),
  })
  for (const migration of migrations.slice(recorded.length))
    await locked(migration.realFilename, () => runCommitted(client, settings, migration))
  if (withCurrent) await locked('current.sql', () => runCurrent(client, settings))
  const owner = await locked('what belongs to others', () => settleOwnership(client))
  await locked('rights', () => openTables(client))
  if (withRights && owner !== null) {
    await locked('rights', () => bringRights(client, owner, options.log))
    await locked('repairs', () => repair(client, options.log ?? quiet))
  }
  if (owner !== null) await warnOfOwner(client, owner, options.log ?? quiet)
  if (options.logins) {
    await registerLogins(retrying(client, turn, 'the logins'), options.logins)
    await keepOutOfOurSchemas(retrying(client, turn, 'the settings of the login'), options.logins.log)
  }
}

/**
 * A session each of whose statements waits as a migration does. For steps that are not a transaction: a login is tried
 * from another session before it is noted.
 */
function retrying(client: Client, turn: MigrationTurn, what: string): Client {
  const query = (text: string, values?: unknown[]) =>
    turn.retry(client, what, () => client.query(text, values))
  return Object.create(client, { query: { value: query } }) as Client
}

async function hasSchemas(client: Client): Promise<boolean> {
  const { rowCount } = await client.query(
    `select where pg_catalog.to_regnamespace('almanac_private') is not null`,
  )
  return rowCount === 1
}

async function migrateGraphileWorker(connectionString: string, turn: MigrationTurn): Promise<void> {
  const { pool, end } = openConnections({ connectionString, max: 1, application_name: 'almanac migrate' })
  try {
    const client = await pool.connect()
    client.release()
    await turn.retry(client, "Graphile Worker's tables", () =>
      runMigrations({ pgPool: pool, schema: 'graphile_worker', logger: new WorkerLogger(() => quiet) }),
    )
  } finally {
    await end()
  }
}

async function runCommitted(
  client: Client,
  settings: ParsedSettings,
  migration: FileMigration,
): Promise<void> {
  const { hash, previousHash, filename, realFilename, body } = migration
  if (calculateHash(body, previousHash) !== hash) {
    throw new Error(`The migration ${realFilename} was changed after it was committed: its hash differs.`)
  }
  await runInTransaction(client, settings, realFilename, body, () =>
    client.query(
      'insert into almanac_migrate.migrations (hash, previous_hash, filename) values ($1, $2, $3)',
      [hash, previousHash, filename],
    ),
  )
}

/** Runs the migration in development, unless it is what was run last. */
async function runCurrent(client: Client, settings: ParsedSettings): Promise<void> {
  const content = await readCurrent(settings.migrationsFolder)
  const { rowCount } = await client.query('select from almanac_migrate.current where content = $1', [content])
  if (rowCount !== 0) return
  await runInTransaction(client, settings, 'current.sql', content, async () => {
    await client.query('delete from almanac_migrate.current')
    await client.query('insert into almanac_migrate.current (content) values ($1)', [content])
  })
}

async function runInTransaction(
  client: Client,
  settings: ParsedSettings,
  name: string,
  body: string,
  record: () => Promise<unknown>,
): Promise<void> {
  await client.query('begin')
  try {
    // It queries, and no more.
    await runQueryWithErrorInstrumentation(
      client as ClientBase as PoolClient,
      compilePlaceholders(settings, body),
      name,
    )
    await record()
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw withPlace(error, name)
  }
}

/** Says where it failed: graphile-migrate leaves a picture of the place, coloured for a terminal, where PostgreSQL names one. */
function withPlace(error: unknown, name: string): unknown {
  if (!(error instanceof Error)) return error
  const place =
    '_gmMessageOverride' in error
      ? stripVTControlCharacters(String(error._gmMessageOverride)).replace('🛑 ', '')
      : `Error in "${name}": ${error.message}`
  return new Error(place, { cause: error })
}

/** Graphile Worker's tables are new after its migrations, and closed to all but their owner, as the record is: no other file says this. */
async function openTables(client: Client): Promise<void> {
  await client.query(`do $$ begin
    if pg_catalog.to_regprocedure('almanac_private.grant_worker_rights()') is not null then
      perform almanac_private.grant_worker_rights();
      grant usage on schema almanac_migrate to almanac_viewer, almanac_server;
      grant select on almanac_migrate.migrations to almanac_viewer, almanac_server;
    end if;
  end $$`)
}

/** The failure itself is thrown. What the tools report on their way is not news. */
function quiet(): void {}
