import { randomBytes } from 'node:crypto'
import { Client, escapeIdentifier, Pool, type ClientBase, type QueryResultRow } from 'pg'
import { inject } from 'vitest'
import { adminUrlFor, connectionStringFor, type TestLogin, type TestServer } from './template.ts'

/** A migrated database of its own for one test file. */
export interface TestDatabase {
  /** The owner's URL. */
  readonly connectionString: string
  /** The superuser's URL of the same database. */
  readonly adminConnectionString: string
  /** Connections as the owner, in UTC. */
  readonly pool: Pool
  /** Runs one statement as the owner and gives its rows. */
  readonly query: <Row extends QueryResultRow = QueryResultRow>(
    text: string,
    values?: unknown[],
  ) => Promise<Row[]>
  /** The URL for a real login. */
  connectionStringFor(login: TestLogin): string
  /** A connection of a real login; it is closed with the database at the latest. */
  connect(login?: TestLogin): Promise<Client>
}

/** One that its creator drops. */
export interface OwnTestDatabase extends TestDatabase {
  drop(): Promise<void>
}

/** Clones the migrated template, where `useTestDatabase` does not fit. */
export async function createTestDatabase(): Promise<OwnTestDatabase> {
  const server = inject('testServer')
  if (server.failure !== null) throw new Error(`The migrations failed: ${server.failure}`)
  return await createDatabase(server, server.template)
}

/** A database with nothing in it, for tests of the migrations themselves. */
export async function createEmptyDatabase(): Promise<OwnTestDatabase> {
  return await createDatabase(inject('testServer'), 'template0')
}

async function createDatabase(server: TestServer, template: string): Promise<OwnTestDatabase> {
  const name = `almanac_test_${randomBytes(6).toString('hex')}`
  await asAdmin(server.adminConnectionString, async (admin) => {
    await admin.query(
      `create database ${name} template ${escapeIdentifier(template)} owner almanac_test_owner`,
    )
  })
  if (template === server.template) await asAdmin(adminUrlFor(server, name), adoptClone)
  const urlFor = (login: TestLogin) => connectionStringFor(server, name, login)
  const pool = new Pool({ connectionString: urlFor('owner'), max: 10, options: '-c timezone=UTC' })
  // `drop` may cut a connection that is just ending.
  pool.on('error', () => undefined)
  const clients = new Set<Client>()

  return {
    connectionString: urlFor('owner'),
    adminConnectionString: adminUrlFor(server, name),
    pool,
    async query<Row extends QueryResultRow>(text: string, values?: unknown[]) {
      return (await pool.query<Row>(text, values)).rows
    },
    connectionStringFor: urlFor,
    async connect(login = 'owner') {
      const client = new Client({ connectionString: urlFor(login), options: '-c timezone=UTC' })
      await client.connect()
      clients.add(client)
      client.once('end', () => clients.delete(client))
      return client
    },
    async drop() {
      await Promise.all([pool.end(), ...[...clients].map((client) => client.end())])
      await asAdmin(server.adminConnectionString, (admin) =>
        admin.query(`drop database ${escapeIdentifier(name)} with (force)`),
      )
    },
  }
}

/** Runs `fn` in a transaction that is always rolled back. */
export async function inTransaction<Result>(
  database: Pick<TestDatabase, 'pool'>,
  fn: (client: ClientBase) => Promise<Result>,
): Promise<Result> {
  const client = await database.pool.connect()
  try {
    await client.query('begin')
    return await fn(client)
  } finally {
    await client.query('rollback')
    client.release()
  }
}

/**
 * Runs `fn` as `role` (a group role, or any that the owner is a member of), in a transaction that is always rolled back.
 * Given a client within a transaction, it runs there, up to a savepoint, and what it changed stays.
 */
export async function asRole<Result>(
  on: Pick<TestDatabase, 'pool'> | ClientBase,
  role: string,
  fn: (client: ClientBase) => Promise<Result>,
): Promise<Result> {
  if ('pool' in on) return await inTransaction(on, (client) => asRole(client, role, fn))

  await on.query('savepoint as_role')
  try {
    await on.query(`set local role ${escapeIdentifier(role)}`)
    const result = await fn(on)
    await on.query('reset role')
    return result
  } catch (error) {
    await on.query('rollback to savepoint as_role')
    throw error
  } finally {
    await on.query('release savepoint as_role')
  }
}

/** A clone is a copy, in which nothing would fire. */
async function adoptClone(client: Client): Promise<void> {
  await client.query('select almanac_private.record_place()')
}

async function asAdmin<Result>(
  connectionString: string,
  fn: (admin: Client) => Promise<Result>,
): Promise<Result> {
  const admin = new Client({ connectionString })
  await admin.connect()
  try {
    return await fn(admin)
  } finally {
    await admin.end()
  }
}
