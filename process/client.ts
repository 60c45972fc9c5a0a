import { Client, DatabaseError, type ClientConfig } from 'pg'
import { noteTarget } from './connectionProblem.ts'
import { parseDatabaseUrl, type DatabaseUrl } from './databaseUrl.ts'

/** A host that does not answer must not keep the next one from being asked. */
const ANSWER_WITHIN = 5_000

/** Milliseconds that a statement of a session may wait for one lock, and take in all. A shorter setting of the login's stays. */
export interface Limits {
  readonly lockTimeout: number
  readonly statementTimeout: number
}

export type DatabaseConfig = ClientConfig & { readonly limits?: Limits }

const noop = (): void => undefined

/** Time for PostgreSQL to say that a statement took too long; a connection that is silent even then is abandoned. */
const LATE = 5_000

/**
 * What every connection has. A peer that vanished without a word is asked after 10 s of silence, and is gone 10 s later: the
 * system's own settings take two hours.
 */
const STEADY = {
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
  connectionTimeoutMillis: 10_000,
} as const

/**
 * The client that everything connects with. Of a URL with several hosts it takes, with every new connection, the first
 * that answers and is wanted: so a pool follows a failover.
 */
export class DatabaseClient extends Client {
  readonly #target: DatabaseUrl | null
  readonly #config: ClientConfig
  readonly #limits: Limits | undefined
  /** Leads to the host that it is connected to. */
  url: string | undefined

  constructor({ limits, ...config }: DatabaseConfig = {}) {
    const target = targetOf(config.connectionString)
    const steady = { ...STEADY, ...(limits && { query_timeout: limits.statementTimeout + LATE }), ...config }
    super(target ? { ...steady, connectionString: target.urls[0] } : steady)
    this.#target = target
    this.#config = config
    this.#limits = limits
    this.url = config.connectionString
    // A break is told by the statement that it cuts off and by `end`. Without a listener Node would end the process, and a
    // pool has none while it connects, nor while someone has the client.
    this.on('error', noop)
  }

  override connect(): Promise<Client>
  override connect(callback: ((error: Error) => void) | ((error: null, client: Client) => void)): void
  override connect(callback?: (error: never, client: never) => void): Promise<Client> | void {
    const connected = this.#connectWithLimits().catch((error: unknown) => {
      if (!(error instanceof NoHostError)) noteTarget(error, this, this.#config.connectionString)
      throw error
    })
    if (!callback) return connected
    const answer = callback as (error: Error | null, client?: Client) => void
    connected.then(
      (client) => answer(null, client),
      (error: Error) => answer(error),
    )
  }

  async #connectWithLimits(): Promise<Client> {
    const client = await (this.#target ? this.#connectToChosen(this.#target) : super.connect())
    if (this.#limits)
      await this.query(SET_LIMITS, [
        this.#limits.lockTimeout,
        this.#limits.statementTimeout,
        Reflect.get(this, 'processID'),
      ])
    return client
  }

  async #connectToChosen(target: DatabaseUrl): Promise<Client> {
    this.url = await chooseHost(target, this.#config)
    if (this.connection.stream.destroyed) throw new NoHostError('No host was found in time.')
    const { host, port } = new Client({ connectionString: this.url })
    Object.assign(this, { host, port })
    return super.connect()
  }
}

/**
 * Not through a pooler, which names another process than it uses: it would hand the settings to the session that comes
 * next.
 */
const SET_LIMITS = `
  select pg_catalog.set_config(l.name, l.most::text, false)
  from (values ('lock_timeout', $1::int), ('statement_timeout', $2::int)) l(name, most)
  where extract(epoch from pg_catalog.current_setting(l.name)::interval) * 1000 not between 1 and l.most and pg_catalog.pg_backend_pid() = $3::int`

/** The URL of the host that a URL with several leads to now; of any other URL, itself. */
export async function resolveHost(connectionString: string): Promise<string> {
  const target = targetOf(connectionString)
  return target ? await chooseHost(target, {}) : connectionString
}

/** `null`: there is nothing to choose. */
function targetOf(connectionString: string | undefined): DatabaseUrl | null {
  const target = parseDatabaseUrl(connectionString ?? '')
  return target && (target.urls.length > 1 || target.wanted === 'writable') ? target : null
}

async function chooseHost({ urls, wanted }: DatabaseUrl, config: ClientConfig): Promise<string> {
  const failures: string[] = []
  for (const connectionString of urls) {
    const client = new Client({
      ...config,
      connectionString,
      connectionTimeoutMillis: Math.min(config.connectionTimeoutMillis || ANSWER_WITHIN, ANSWER_WITHIN),
    })
    client.on('error', noop)
    try {
      await client.connect()
      if (wanted === 'any' || (await isWritable(client))) return connectionString
      failures.push(`${client.host}:${client.port} is read-only`)
    } catch (error) {
      if (error instanceof DatabaseError && !/^(?:08|53|57)/.test(error.code ?? '')) throw error
      failures.push(
        `${client.host}:${client.port}: ${error instanceof Error ? error.message : String(error)}`,
      )
    } finally {
      await client.end().catch(() => undefined)
    }
  }
  throw new NoHostError(
    `No host of the database's URL can be used: ${failures.join('; ')}.\nCorrect the hosts, or start PostgreSQL on one of them.`,
  )
}

/** It names the hosts by itself. */
class NoHostError extends Error {}

async function isWritable(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ readonly: string }>(
    `select pg_catalog.current_setting('transaction_read_only') as readonly`,
  )
  return rows[0]?.readonly === 'off'
}
