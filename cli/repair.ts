import type { ClientBase, QueryResultRow } from 'pg'
import type { Query } from '../worker/query.ts'
import { raisedSequences } from '../worker/upkeep.ts'

/** What a database may need that was restored, copied or replicated, besides its rights. */
export async function repair(client: ClientBase, log: (message: string) => void): Promise<void> {
  const query: Query = async <Row extends QueryResultRow>(text: string, values?: unknown[]) =>
    (await client.query<Row>(text, values)).rows
  const [known] = await query<{ found: boolean }>(
    `select pg_catalog.to_regprocedure('almanac_private.raise_sequences()') is not null as found`,
  )
  if (known?.found) for (const line of await raisedSequences(query)) log(line)
}
