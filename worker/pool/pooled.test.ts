import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { DatabaseClient } from '../../process/client.ts'
import { ENGINE_LIMITS } from '../defaults.ts'
import { almanacPreset } from '../preset.ts'
import { createTestDatabase } from '../../tests/database/createTestDatabase.ts'

/** What happens to what the library's command line says, where nothing was asked for: true. */
function preparedStatements(connectionString: string, directUrl: string): boolean | undefined {
  const worker = { connectionString, preparedStatements: true }
  const plugin = almanacPreset({ directUrl }).plugins!.find(({ name }) => name === 'AlmanacPlugin')!
  const init = plugin.worker!.middleware!.init as unknown as (next: () => object, event: object) => object
  init(() => ({}), { ctx: { events: new EventEmitter(), resolvedPreset: { worker } } })
  return worker.preparedStatements
}

test('where another URL leads past a pooler, no statements are prepared, whatever the command line says by itself', () => {
  expect(preparedStatements('postgres://pooler/db', 'postgres://server/db')).toBe(false)
  expect(preparedStatements('postgres://server/db', 'postgres://server/db')).toBe(true)
})

test('a session that a pooler may hand to others gets no limits of ours', async () => {
  const db = await createTestDatabase()
  const limitsOf = async (client: DatabaseClient) => {
    await client.connect()
    const { rows } = await client.query<{ limit: string }>(`select current_setting('lock_timeout') as limit`)
    await client.end()
    return rows[0]!.limit
  }
  const config = { connectionString: db.connectionString, limits: ENGINE_LIMITS }
  /** As a pooler does, it names another process than the one that answers. */
  class Pooled extends DatabaseClient {
    get processID(): number {
      return 1
    }
    set processID(_pid: number) {
      // The pooler's own.
    }
  }

  expect(await limitsOf(new DatabaseClient(config))).toBe('2s')
  expect(await limitsOf(new Pooled(config))).toBe('0')
  await db.drop()
})
