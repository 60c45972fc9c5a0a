import { Client, type QueryResultRow } from 'pg'

/** Runs one statement, or several without values, on a connection of its own. */
export async function ask<Row extends QueryResultRow = QueryResultRow>(
  connectionString: string,
  text: string,
  values?: unknown[],
): Promise<Row[]> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    return (await client.query<Row>(text, values)).rows
  } finally {
    await client.end()
  }
}
