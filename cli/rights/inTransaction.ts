import type { ClientBase } from 'pg'

/** All of them, or none. */
export async function inTransaction(client: ClientBase, statements: readonly string[]): Promise<void> {
  if (statements.length === 0) return
  await client.query('begin')
  try {
    for (const statement of statements) await client.query(statement)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}
