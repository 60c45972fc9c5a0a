import { expect, test } from 'vitest'
import { createFairSlots } from './fairSlots.ts'

/** Functions that go on until they are told to end, and which of them have begun. */
function begin(count: number) {
  const slots = createFairSlots(count)
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  return {
    begun,
    ask: async (...names: string[]) => {
      for (const name of names)
        void slots.run(name.slice(0, 1), () => {
          begun.push(name)
          return new Promise<void>((end) => ends.set(name, end))
        })
      await settled()
    },
    end: async (name: string) => {
      ends.get(name)!()
      await settled()
    },
  }
}
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('an owner alone holds all slots but one', async () => {
  const { ask, begun } = begin(3)

  await ask('a1', 'a2', 'a3')
  expect(begun).toEqual(['a1', 'a2'])
  await ask('b1')
  expect(begun).toEqual(['a1', 'a2', 'b1'])
})

test('a single slot is for all', async () => {
  const { ask, begun, end } = begin(1)

  await ask('a1', 'a2', 'b1')
  await end('a1')

  expect(begun).toEqual(['a1', 'a2'])
})

test('a free slot goes to the owner who holds the fewest, then to the one who has waited longer', async () => {
  const { ask, begun, end } = begin(3)
  await ask('a1', 'a2', 'b1', 'a3', 'b2', 'c1', 'd1')

  await end('a1')
  await end('a2')

  expect(begun).toEqual(['a1', 'a2', 'b1', 'c1', 'a3'])
})

test('one that fails gives its slot back', async () => {
  const slots = createFairSlots(1)

  await expect(slots.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')

  await expect(slots.run('b', () => Promise.resolve('yes'))).resolves.toBe('yes')
})
