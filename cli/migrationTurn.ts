import { setTimeout as delay } from 'node:timers/promises'
import { DatabaseError, type Client, type ClientBase } from 'pg'
import { DatabaseClient } from '../process/client.ts'

/** The turn of one who migrates: no other does. */
export interface MigrationTurn {
  /**
   * Does `work` of this session, again and again while it waits for a lock for longer than LOCK_TIMEOUT, so that anyone
   * who comes after it never waits longer. It leaves nothing behind when it fails. Says who holds the lock, and gives
   * up in time.
   */
  retry<Result>(client: ClientBase, what: string, work: () => Promise<Result>): Promise<Result>
}

const LOCK_TIMEOUT = 1_000
const PAUSE = 500

/** A row of ours: an advisory lock could be taken by any login. */
const TURN = `
  create schema if not exists almanac_migrate;
  create table almanac_migrate.turn (id boolean primary key default true, constraint there_is_one check (id));
  insert into almanac_migrate.turn default values;
  do $$ begin
    execute (select pg_catalog.format('alter table almanac_migrate.turn owner to %I', pg_catalog.pg_get_userbyid(n.nspowner))
      from pg_catalog.pg_namespace n where n.nspname = 'almanac_migrate');
  end $$`

/** Does `work` once no one else migrates this database; waits for that no longer than `patience` milliseconds. */
export async function inTurn<Result>(
  { connectionString, patience, log }: Waiting & { connectionString: string },
  work: (turn: MigrationTurn) => Promise<Result>,
): Promise<Result> {
  const holder = new DatabaseClient({ connectionString, application_name: 'almanac migrate' })
  await holder.connect()
  try {
    await holder.query(
      `set statement_timeout to 0; set idle_in_transaction_session_timeout to 0; set lock_timeout to ${LOCK_TIMEOUT}`,
    )
    const watcher = new DatabaseClient({ connectionString, application_name: 'almanac migrate' })
    await watcher.connect()
    try {
      const waiting = { patience, log }
      await retry(holder, watcher, 'another migration', waiting, () => takeTurn(holder), CLASHES)
      return await work({
        async retry(client, what, attempt) {
          await client.query(`set lock_timeout to ${LOCK_TIMEOUT}`)
          try {
            return await retry(client, watcher, what, waiting, attempt)
          } finally {
            await client.query('set lock_timeout to 0').catch(() => undefined)
          }
        },
      })
    } finally {
      await watcher.end()
    }
  } finally {
    await holder.end()
  }
}

async function takeTurn(client: Client): Promise<void> {
  const { rowCount } = await client.query(
    `select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'almanac_migrate' and c.relname = 'turn'`,
  )
  if (rowCount === 0) await client.query(`begin; ${TURN}; commit`)
  await client.query('begin; select from almanac_migrate.turn for update')
}

interface Waiting {
  /** Milliseconds in all. */
  readonly patience: number
  readonly log: (message: string) => void
}

const LOCKS = ['55P03', '40P01']
/** Another made the same at the same moment. */
const CLASHES = ['23505', '42P06', '42P07']

async function retry<Result>(
  client: ClientBase,
  watcher: Client,
  what: string,
  { patience, log }: Waiting,
  work: () => Promise<Result>,
  clashes: readonly string[] = [],
): Promise<Result> {
  const passing = [...LOCKS, ...clashes]
  const giveUpAt = performance.now() + patience
  const pid: unknown = Reflect.get(client, 'processID')
  let told = ''
  for (;;) {
    const over = new AbortController()
    const look = delay(LOCK_TIMEOUT / 2, undefined, { signal: over.signal }).then(
      () => blockersOf(watcher, pid),
      () => [],
    )
    try {
      return await work()
    } catch (error) {
      await client.query('rollback')
      if (!passing.includes(codeOf(error)) && !isOvertaken(error)) throw error
      const blockers = await look
      const waits = `The migration waits for ${what}: ${blockers.join('; ') || 'another session holds a lock that it needs'}.`
      if (performance.now() > giveUpAt) {
        throw new Error(
          `${waits} It gave up after ${Math.round(patience / 1000)} s, and this step has changed nothing. End that session, or let it end, and migrate again.`,
          { cause: error },
        )
      }
      if (told !== waits) log(waits)
      told = waits
      await delay(PAUSE)
    } finally {
      over.abort()
    }
  }
}

/** Another has changed the same role or setting meanwhile, for which PostgreSQL has no code. */
function isOvertaken(error: unknown): boolean {
  return error instanceof DatabaseError && /^tuple concurrently (updated|deleted)$/.test(error.message)
}

function codeOf(error: unknown): string {
  if (error instanceof DatabaseError) return error.code ?? ''
  return error instanceof Error && error.cause ? codeOf(error.cause) : ''
}

/** Who holds what a session waits for, in words. */
async function blockersOf(watcher: Client, pid: unknown): Promise<string[]> {
  const { rows } = await watcher.query<{ words: string }>(
    `select pg_catalog.format('process %s of %s', b.pid, coalesce(a.usename, 'a prepared transaction'))
       || coalesce(', ' || nullif(a.application_name, ''), '') || coalesce(', in a transaction since ' || a.xact_start, '')
       || coalesce(', with: ' || pg_catalog.rtrim(pg_catalog.left(a.query, 200), ' ;'), '') as words
     from pg_catalog.unnest(pg_catalog.pg_blocking_pids($1)) b(pid) left join pg_catalog.pg_stat_activity a on a.pid = b.pid
     order by a.xact_start, b.pid`,
    [pid],
  )
  return rows.map(({ words }) => words)
}
