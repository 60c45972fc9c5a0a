import { DatabaseError, Query as RowQuery, type CustomTypesConfig, type QueryConfig } from 'pg'
import type { DatabaseClient } from '../../../process/client.ts'
import { markPermanent } from '../../runs/permanent.ts'
import { readBounded, type Notice } from '../sqlStatement.ts'

/** A column of a report. */
export interface Column {
  readonly name: string
  /** Its type, an oid. */
  readonly type: number
}

/** The first rows that a statement returns, as PostgreSQL writes them. */
export interface Table {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly (string | null)[])[]
  /** Whether there are more of them. */
  readonly isCut: boolean
}

const asWritten: CustomTypesConfig = {
  getTypeParser: (() => (text: string) => text) as CustomTypesConfig['getTypeParser'],
}

/**
 * Reads the rows of one statement in a transaction that only reads: so many of them, of so many bytes. A cursor does not
 * compute those that are left out.
 */
export async function readTable(
  client: DatabaseClient,
  statement: string,
  { mostRows, mostBytes }: { mostRows: number; mostBytes: number },
  onNotice: (notice: Notice) => void,
): Promise<Table> {
  const rows: (string | null)[][] = []
  let bytes = 0
  let isCut = false
  const config: QueryConfig & { rowMode: 'array' } = {
    text: `fetch forward ${mostRows + 1} from report`,
    rowMode: 'array',
    types: asWritten,
  }
  const fetch = (readBytes: () => number) =>
    new RowQuery<(string | null)[]>(config).on('row', (row) => {
      bytes += readBytes()
      if (rows.length < mostRows && bytes <= mostBytes) rows.push(row)
      else isCut = true
    })
  try {
    await client.query('begin transaction read only')
    await readBounded(client, () => declare(statement), onNotice)
    const result = await readBounded(client, fetch, onNotice)
    const { fields } = Array.isArray(result) ? result[0]! : result
    return { columns: fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID })), rows, isCut }
  } catch (error) {
    throw explained(error)
  }
}

const SYNTAX_ERROR = '42601'
const READ_ONLY = '25006'

function explained(error: unknown): unknown {
  if (!(error instanceof DatabaseError)) return error
  if (error.code === SYNTAX_ERROR)
    error.hint ??= 'almanac:report takes a single query that returns rows: select, values, table or with.'
  if (error.code !== READ_ONLY) return error
  error.hint ??= 'almanac:report only reads. Have almanac:sql run what writes.'
  return markPermanent(error)
}

/** Sent as a single statement, so that none after it ends the transaction and writes. */
function declare(statement: string): RowQuery {
  const config: QueryConfig & { queryMode: 'extended' } = {
    text: `declare report no scroll cursor for ${statement}`,
    queryMode: 'extended',
  }
  return new RowQuery(config)
}
