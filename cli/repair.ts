import type { ClientBase, QueryResultRow } from 'pg'
import type { Query } from '../worker/query.ts'
import { raisedSequences } from '../worker/upkeep.ts'

/** What a database may need that was restored, copied or replicated, besides its rights. */
export async function repair(client: ClientBase, log: (message: string) => void): Promise<void> {
  const query: Query = async <Row extends QueryResultRow>(text: string, values?: unknown[]) =>
    (await client.query<Row>(text, values)).rows
  for (const line of await raisedSequences(query)) log(line)
}
