import { expect, it } from 'vitest'
import { createTurns, TooManyWait } from './turns.ts'

/** Takes turns for users by letter, and notes who has them. */
function record(turns: ReturnType<typeof createTurns>) {
  const going: string[] = []
  const giveBack = new Map<string, () => void>()
  return {
    going,
    take: async (name: string) => {
      const back = await turns.take(name[0]!)
      going.push(name)
      giveBack.set(name, back)
    },
    give: async (name: string) => {
      giveBack.get(name)?.()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

it('one user has only so many turns at once', async () => {
  const { going, take, give } = record(
    createTurns({ most: 4, mostPerUser: 2, mostWaiting: 10, waitMs: 5_000 }),
  )

  const all = Promise.all(['a1', 'a2', 'a3', 'b1'].map(take))
  await give('none')

  expect(going).toEqual(['a1', 'a2', 'b1'])
  await give('a1')
  expect(going).toEqual(['a1', 'a2', 'b1', 'a3'])
  await all
})

it('users take turns, however many of one wait', async () => {
  const { going, take, give } = record(
    createTurns({ most: 1, mostPerUser: 1, mostWaiting: 10, waitMs: 5_000 }),
  )

  const all = Promise.all(['a1', 'a2', 'a3', 'b1', 'c1'].map(take))
  await give('none')
  for (const name of ['a1', 'b1', 'c1', 'a2', 'a3']) await give(name)

  expect(going).toEqual(['a1', 'b1', 'c1', 'a2', 'a3'])
  await all
})

it('only so many of one user may wait, and a turn is given back once', async () => {
  const turns = createTurns({ most: 1, mostPerUser: 1, mostWaiting: 1, waitMs: 5_000 })
  const giveBack = await turns.take('a')
  const waiting = turns.take('a')

  await expect(turns.take('a')).rejects.toThrow(TooManyWait)

  giveBack()
  giveBack()
  const second = await waiting
  const other = turns.take('b')
  expect(await Promise.race([other, Promise.resolve('waits')])).toBe('waits')
  second()
  await other
})

it('who has waited too long is told so, and is in no one’s way', async () => {
  const turns = createTurns({ most: 1, mostPerUser: 1, mostWaiting: 5, waitMs: 20 })
  const giveBack = await turns.take('a')

  await expect(turns.take('a')).rejects.toThrow(TooManyWait)

  giveBack()
  ;(await turns.take('a'))()
})
