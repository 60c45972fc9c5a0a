import type { ClientBase } from 'pg'
import { beforeEach, describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import {
  addRun,
  addWeeks,
  ago,
  AS_OF,
  orphans,
  pass,
  resetPasses,
  runs,
  scheduleThatKeeps,
} from './history.ts'

const db = useTestDatabase()
beforeEach(() => resetPasses(db))

interface Family {
  readonly schedule?: string
  readonly days: number
  /** When the parent ended, in days before AS_OF; null: it is running. */
  readonly until: number | null
  readonly retriedFrom?: string
}

/** A parent with two children that ended as they were due. Returns the ids of all, the parent's first. */
async function addFamily(client: ClientBase, { until, ...given }: Family): Promise<string[]> {
  const parent = await addRun(client, { ...given, ...(until === null && { status: 'running' }) })
  await client.query(
    `update almanac.runs set children = 2, finished_at = ${until === null ? 'null' : ago(until)},
       final_counts = ${until === null ? 'null' : `'{"succeeded": 2}'`} where id = $1`,
    [parent],
  )
  const family = [parent]
  for (const element of [1, 2]) {
    const child = await addRun(client, { ...given, retriedFrom: parent })
    await client.query(
      `update almanac.runs set retried_from = null, trigger = 'workflow', parent_id = $1, element = $2 where id = $3`,
      [parent, element, child],
    )
    family.push(child)
  }
  return family
}

describe('the children of a parent', () => {
  it('go with it, with their attempts and logs, in whatever parts', () =>
    inTransaction(db, async (client) => {
      const schedule = await scheduleThatKeeps(client, 'few', '{"keep_last": 1}')
      for (const days of [5, 4, 3]) await addFamily(client, { schedule, days, until: days })
      const kept = await addFamily(client, { schedule, days: 2, until: 2 })

      const parts = await pass(client, { maxCount: 2 })

      expect(parts.map(({ removed }) => removed).filter((removed) => removed > 0)).toEqual([3, 3, 3])
      expect(await runs(client)).toEqual(kept)
      expect(await orphans(client)).toBe(0)
    }))

  it.each([
    ['runs', null],
    ['ended not long ago', 60],
  ])('stay as long as one that %s, however long ago they ended', (_, until) =>
    inTransaction(db, async (client) => {
      const schedule = await scheduleThatKeeps(client, 'short', '{"keep_for": "70 days"}')
      await addWeeks(client, 100)
      const kept = [
        ...(await addFamily(client, { schedule, days: 80, until })),
        ...(await addFamily(client, { days: 100, until })),
      ]

      await pass(client)

      expect(await runs(client)).toEqual(kept)
      expect(await orphans(client)).toBe(0)
    }),
  )

  it('stay as long as one that another repeats', () =>
    inTransaction(db, async (client) => {
      const schedule = await scheduleThatKeeps(client, 'short', '{"keep_for": "70 days"}')
      const first = await addFamily(client, { schedule, days: 80, until: 80 })
      const second = await addFamily(client, { schedule, days: 80, until: 60, retriedFrom: first[0]! })

      await pass(client)

      expect(await runs(client)).toEqual([...first, ...second])
    }))

  it('are purged with it, and not while it runs', () =>
    inTransaction(db, async (client) => {
      const running = await addFamily(client, { days: 6, until: null })
      await addFamily(client, { days: 5, until: 5 })
      await addFamily(client, { days: 4, until: 4 })

      const counts: unknown[] = []
      for (let isDone = false; !isDone;) {
        const { rows } = await client.query<{ runs: number; is_done: boolean }>(
          `select runs::int, is_done from almanac.purge('${AS_OF}', 2)`,
        )
        isDone = rows[0]!.is_done
        counts.push(rows[0]!.runs)
      }

      expect(counts.slice(0, 2)).toEqual([3, 3])
      expect(await runs(client)).toEqual(running)
      expect(await orphans(client)).toBe(0)
    }))
})
