import { expect, test } from 'vitest'
import type { Query } from '../process/query.ts'
import { createHealth } from './health.ts'

const FACTS = { isStopped: false }

/** A database that answers when it is told to. */
function slowDatabase() {
  const asked: ((rows: { health: object }[]) => void)[] = []
  const query = (() =>
    new Promise<{ health: object }[]>((resolve) => asked.push(resolve))) as unknown as Query
  return { asked, query }
}

test('all who ask while the database is being asked share one look', async () => {
  const { asked, query } = slowDatabase()
  const health = createHealth(query, 60_000)

  const answers = Array.from({ length: 50 }, () => health())
  asked[0]?.([{ health: FACTS }])

  expect(await Promise.all(answers)).toEqual(Array(50).fill(FACTS))
  expect(asked).toHaveLength(1)
})

test('the next who asks has it looked at again, also after a look that was not answered', async () => {
  const { asked, query } = slowDatabase()
  const health = createHealth(query, 1)
  expect(await health()).toBeNull()

  const answer = health()
  asked[1]?.([{ health: FACTS }])

  expect(await answer).toEqual(FACTS)
})

test('a database that refuses is not healthy', async () => {
  const health = createHealth(() => Promise.reject(new Error('terminated')), 60_000)

  expect(await health()).toBeNull()
})
