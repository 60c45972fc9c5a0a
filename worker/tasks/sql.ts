import { setTimeout as delay } from 'node:timers/promises'
import { DatabaseError, escapeIdentifier, type Client, type ClientConfig } from 'pg'
import { DatabaseClient } from '../../process/client.ts'
import { describeError, type Log } from '../../process/log.ts'
import { backoff } from '../../process/query.ts'
import { markPermanent } from '../runs/permanent.ts'
import type { Run, RunHelpers, RunTask } from '../run.ts'
import type { SqlLogin } from './sqlLogin.ts'
import { runStatement, type SqlResult } from './sqlStatement.ts'

/**
 * The task `almanac:sql`: runs `payload.statement` on a connection of its own, as a login that has the rights of the
 * run's role and serves no other. No `set role` stands between the statement and the worker's rights: a statement can get out of that.
 * How many of them are open at once, and whose, is decided when runs begin. A statement that continues
 * after it was cancelled loses its connection.
 */
export function createSqlTask({
  login,
  noteWait,
  log,
  patience = PATIENCE,
}: {
  login: (run: Run) => Promise<SqlLogin>
  /** Has `almanac.why()` and clients say what a run waits for that is running; null: it waits no longer. */
  noteWait: (run: Run, reason: string | null) => Promise<void>
  log: Log
  /** Milliseconds that a statement waits for a server that takes no connection of its login now. */
  patience?: number
}): RunTask {
  return async (payload, helpers) => runAlone(readStatement(payload), helpers)

  async function runAlone(statement: string, helpers: RunHelpers): Promise<SqlResult> {
    helpers.abortSignal.throwIfAborted()
    const { client, config, serves } = await connectWhenTaken(helpers)
    try {
      const { pid, login } = await prepareSession(client)
      const ended = new AbortController()
      const cancel = () => void endStatement(config, pid, client, ended.signal)
      helpers.abortSignal.addEventListener('abort', cancel, { once: true })
      try {
        helpers.abortSignal.throwIfAborted()
        return await runStatement(client, statement)
      } catch (error) {
        throw explained(error, login, serves)
      } finally {
        helpers.abortSignal.removeEventListener('abort', cancel)
        ended.abort()
      }
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  /** What the server's state refuses is not a failure of the statement, which has not been sent: it waits, and costs no attempt. */
  async function connectWhenTaken({ run, abortSignal }: RunHelpers) {
    const giveUpAt = performance.now() + patience
    let isNoted = false
    try {
      for (let tries = 0; ; tries++) {
        try {
          return await connect(run)
        } catch (error) {
          if (!isServersState(error)) throw error
          const wait = backoff(tries)
          if (performance.now() + wait > giveUpAt) throw notTaken(error, patience)
          log(
            'warning',
            `Run ${run.id} of almanac:sql waits for a connection; next try in ${wait} ms: ${describeError(error)}`,
          )
          if (!isNoted) await noteWait(run, WAITS)
          isNoted = true
          await delay(wait, undefined, { signal: abortSignal }).catch(() => abortSignal.throwIfAborted())
        }
      }
    } finally {
      if (isNoted) await noteWait(run, null)
    }
  }

  async function connect(run: Run) {
    const application_name = `almanac:sql run ${run.id}`
    let known = await login(run)
    for (;;) {
      const { config, serves } = known
      const client = new DatabaseClient({ ...config, application_name, connectionTimeoutMillis: 10_000 })
      try {
        await client.connect()
        return { client, config, serves }
      } catch (error) {
        await client.end().catch(() => undefined)
        if (!known.renew || !isPasswordRefused(error)) throw notLetIn(error)
        known = await known.renew()
      }
    }
  }
}

const PATIENCE = 60_000
const WAITS = 'its statement has not started: PostgreSQL accepts no more connections of its login'

/**
 * SQLSTATEs of a server that takes no connection now: all of them are used, those of the login or of the database, or
 * those that are not kept for superusers; it starts, stops or recovers; the connection failed.
 */
const SERVERS_STATE = /^(53300|57P0[123]|08)/
/** The same, as the system says it. */
const UNREACHABLE = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOENT|EAI_AGAIN)$/

function isServersState(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isServersState)
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return SERVERS_STATE.test(code) || UNREACHABLE.test(code) || NO_ANSWER.test(error.message)
}

/** What the driver says, without a code. */
const NO_ANSWER = /^(timeout expired|Connection terminated|Query read timeout)/

function notTaken(error: unknown, patience: number): Error {
  return new Error(
    `The statement got no connection within ${patience / 1000} s: PostgreSQL accepted none of its login, so the statement has not started. If this keeps happening, ask a DBA to raise what is used up (see the error below: the connection limit of the login or the database, or max_connections), or lower ALMANAC_SQL_CONNECTIONS.`,
    { cause: error },
  )
}

function isPasswordRefused(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '28P01'
}

function readStatement(payload: unknown): string {
  if (typeof payload === 'object' && payload !== null && 'statement' in payload) {
    const { statement } = payload
    if (typeof statement === 'string' && statement.trim() !== '') return statement
  }
  throw markPermanent(
    new Error('almanac:sql needs a statement. Set the payload of the schedule to {"statement": "select …"}.'),
  )
}

/**
 * Classes of SQLSTATE that a statement meets again until someone changes it, its rights or what it names: feature not
 * supported, invalid schema name, syntax error or access rule violation. All others may pass by themselves.
 */
const PERMANENT = /^(0A|3F|42)/
const INSUFFICIENT_PRIVILEGE = '42501'
/** A schema, table or function that is not found. */
const UNKNOWN_NAME = /^(3F000|42P01|42883)$/

/** What PostgreSQL says of a statement that failed, with what helps against it. */
function explained(error: unknown, login: string, serves: string | null): unknown {
  if (!(error instanceof DatabaseError) || !PERMANENT.test(error.code ?? '')) return error
  if (error.code === INSUFFICIENT_PRIVILEGE) {
    const rights = serves === null ? '' : `, with the rights of ${serves}`
    error.hint = `The statement ran as ${login}${rights}. Grant what is missing, then trigger the schedule again, because this run is not retried: grant … on … to ${escapeIdentifier(serves ?? login)};`
  }
  if (UNKNOWN_NAME.test(error.code ?? ''))
    error.hint ??=
      'Names without a schema are not looked up in schemas where everyone may create objects: name the schema, or revoke create on schema public from public.'
  return markPermanent(error)
}

/** Rejected: with the same password it would be rejected again. */
function notLetIn(error: unknown): unknown {
  if (!(error instanceof DatabaseError)) return error
  // No right to connect: the error of the connection says what to grant.
  if (error.code === INSUFFICIENT_PRIVILEGE) return markPermanent(error)
  if (!error.code?.startsWith('28')) return error
  if (error.code !== '28P01')
    return markPermanent(
      new Error(
        'The login of almanac:sql may not log in here. Ask a DBA to allow it, by an entry in pg_hba.conf or by alter role … login (see the error below); then trigger the schedule again.',
        { cause: error },
      ),
    )
  return markPermanent(
    new Error(
      'The login of almanac:sql was rejected, and would be again. Run "npx almanac migrate", which creates another where the stored password does not fit, or correct ALMANAC_SQL_URL; then trigger it again.',
      { cause: error },
    ),
  )
}

/** Names without a schema are looked for where not everyone may create something of that name, and in pg_temp last. */
const SAFE_SESSION = `
  select pg_catalog.pg_backend_pid() as pid, session_user as login, pg_catalog.set_config('search_path', (
    select pg_catalog.concat_ws(', ', pg_catalog.string_agg(pg_catalog.quote_ident(n.nspname), ', ' order by p.nth), 'pg_temp')
    from unnest(pg_catalog.current_schemas(false)) with ordinality p(name, nth)
    join pg_catalog.pg_namespace n on n.nspname = p.name
    where not pg_catalog.has_schema_privilege('public', n.oid, 'create')), false)`

async function prepareSession(client: Client): Promise<{ pid: number; login: string }> {
  // The server itself then ends a statement whose worker died; it cannot on Windows.
  await client.query(`set client_connection_check_interval = '5s'`).catch(() => undefined)
  const { rows } = await client.query<{ pid: number; login: string }>(SAFE_SESSION)
  return rows[0]!
}

/** How long a cancelled statement may continue, in milliseconds. It may catch query_canceled. */
const GRACE = 5_000

/** Cancels a statement; if it continues, its backend is terminated, and in any case its socket does not stay. */
async function endStatement(config: ClientConfig, pid: number, client: DatabaseClient, ended: AbortSignal) {
  const second = new DatabaseClient({
    ...config,
    connectionString: client.url,
    connectionTimeoutMillis: GRACE,
    query_timeout: GRACE,
  })
  try {
    await second.connect()
    await second.query('select pg_cancel_backend($1)', [pid])
    await delay(GRACE, undefined, { signal: ended })
    await second.query('select pg_terminate_backend($1)', [pid])
  } catch {
    // It has ended, or the server does not answer.
  } finally {
    client.connection.stream.destroy()
    await second.end().catch(() => undefined)
  }
}
