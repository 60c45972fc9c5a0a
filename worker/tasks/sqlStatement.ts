import {
  escapeLiteral,
  Query as RowQuery,
  types,
  type CustomTypesConfig,
  type QueryResult,
  type QueryResultRow,
} from 'pg'
import type { DatabaseClient } from '../../process/client.ts'
import { markPermanent } from '../runs/permanent.ts'

/** Rows of the result that are kept with the run. */
const ROWS_KEPT = 20
/** Bytes that the rows kept may have as they come: what the ledger keeps of them is less. */
const BYTES_KEPT = 1024 ** 2
/** Bytes of one row, or of any other one message. The driver holds a message whole, and JavaScript no text over 512 MB. */
const BYTES_OF_A_ROW = 16 * 1024 ** 2
/** Bytes of all that a statement returns: 15 million short rows. To read them takes the worker's time from others' runs. */
const BYTES_OF_A_RESULT = 256 * 1024 ** 2

/** What is kept of a statement's result. */
export interface SqlResult {
  readonly command: string
  readonly rowCount: number | null
  readonly rows: readonly QueryResultRow[]
}

/**
 * Runs a statement and keeps the first rows of its last result only: what it returns need not fit into the worker's
 * memory. Errors: what PostgreSQL says; a row over 16 MB; more than 256 MB in all; a transaction that the statement leaves
 * open, or prepared.
 */
export async function runStatement(client: DatabaseClient, text: string): Promise<SqlResult> {
  const { stream } = client.connection
  const tooLong = Promise.withResolvers<never>()
  tooLong.promise.catch(() => undefined)
  let pending = 0
  let all = 0
  // The driver reads each chunk first, and then this.
  const count = (chunk: Buffer) => {
    pending += chunk.length
    all += chunk.length
    if (pending > BYTES_OF_A_ROW || all > BYTES_OF_A_RESULT) {
      tooLong.reject(markPermanent(new Error(pending > BYTES_OF_A_ROW ? ROW_TOO_LONG : RESULT_TOO_LONG)))
      stream.destroy()
      return
    }
    // One chunk in each turn of the event loop: a socket that always has more takes 32 of them, and ten such
    // statements would keep others' runs from beginning.
    stream.pause()
    setImmediate(() => stream.resume())
  }
  const onMessage = (): number => {
    const bytes = pending
    pending = 0
    return bytes
  }
  let hasPrepared = false
  const onCommand = ({ text }: { text: string }) => {
    hasPrepared ||= text === 'PREPARE TRANSACTION'
  }
  stream.on('data', count)
  client.on('notice', onMessage)
  client.connection.on('commandComplete', onCommand)
  try {
    const result = await Promise.race([tooLong.promise, readRows(client, text, onMessage)])
    if (client.getTransactionStatus() !== 'I' || hasPrepared) throw markPermanent(new Error(LEFT_OPEN))
    return result
  } finally {
    stream.off('data', count)
    client.off('notice', onMessage)
    client.connection.off('commandComplete', onCommand)
    if (hasPrepared) await rollBackPrepared(client, text)
  }
}

/** A prepared transaction outlives its session, with its locks. One of this login that the statement names is its own. */
async function rollBackPrepared(client: DatabaseClient, text: string): Promise<void> {
  await client.query('rollback')
  const { rows } = await client.query<{ gid: string }>(
    `select p.gid from pg_catalog.pg_prepared_xacts p
     where p.owner = session_user and p.database = pg_catalog.current_database() and pg_catalog.strpos($1, p.gid) > 0`,
    [text],
  )
  for (const { gid } of rows) await client.query(`rollback prepared ${escapeLiteral(gid)}`)
}

const ROW_TOO_LONG = `A row of the result is larger than ${BYTES_OF_A_ROW / 1024 ** 2} MB, so the statement was ended. A run keeps ${ROWS_KEPT} short rows of what its statement returns: have it write large values into a table.`
const RESULT_TOO_LONG = `The statement returns more than ${BYTES_OF_A_RESULT / 1024 ** 2} MB, so it was ended. A run keeps ${ROWS_KEPT} short rows of what its statement returns: have it count the rows, or write them into a table.`
const LEFT_OPEN =
  'The statement leaves a transaction open, or prepared, so its changes are rolled back. End it with "commit", or leave out "begin": each statement is a transaction by itself.'

/** JSON's own types; all else as PostgreSQL writes it. */
const JSON_TYPES = new Set<number>([
  types.builtins.BOOL,
  types.builtins.INT2,
  types.builtins.INT4,
  types.builtins.FLOAT4,
  types.builtins.FLOAT8,
  types.builtins.JSON,
  types.builtins.JSONB,
])
const asWritten = (text: string) => text
const resultTypes: CustomTypesConfig = {
  getTypeParser: ((oid: number) =>
    JSON_TYPES.has(oid)
      ? (types.getTypeParser(oid) as (text: string) => unknown)
      : asWritten) as CustomTypesConfig['getTypeParser'],
}

function readRows(client: DatabaseClient, text: string, onMessage: () => number): Promise<SqlResult> {
  return new Promise((resolve, reject) => {
    const query = client.query(new RowQuery({ text, types: resultTypes }))
    let rowsOf: unknown
    let rows: QueryResultRow[] = []
    let bytes = 0
    query.on('row', (row: QueryResultRow, result) => {
      const read = onMessage()
      if (result !== rowsOf) {
        rows = []
        bytes = 0
      }
      rowsOf = result
      bytes += read
      if (rows.length < ROWS_KEPT && bytes <= BYTES_KEPT) rows.push(row)
    })
    query.on('error', reject)
    query.on('end', (results: QueryResult | QueryResult[]) => {
      const last = Array.isArray(results) ? results.at(-1) : results
      resolve({
        command: last?.command ?? '',
        rowCount: last?.rowCount ?? null,
        rows: last === rowsOf ? rows : [],
      })
    })
  })
}
