import { setTimeout as delay } from 'node:timers/promises'
import { Client, type QueryResultRow } from 'pg'

/** Asks again while the database is away: the one who wrecks it must outlive it. */
export async function ask<Row extends QueryResultRow>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  for (let tries = 0; ; tries++) {
    const client = new Client({ connectionString: url, application_name: 'almanac chaos' })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return (await client.query<Row>(text, values)).rows
    } catch (error) {
      if (tries > 100) throw error
      await delay(100)
    } finally {
      await client.end().catch(() => undefined)
    }
  }
}
