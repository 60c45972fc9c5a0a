import { expect, test } from 'vitest'
import { paced } from './paced.ts'

/** Work that ends when the test says so. */
function createWork() {
  const ends: (() => void)[] = []
  return { ends, work: () => new Promise<void>((resolve) => ends.push(resolve)) }
}

test('calls that come while work is in progress are one more, which begins when it has ended', async () => {
  const { ends, work } = createWork()
  const call = paced(work, 0)

  const first = call()
  await expect.poll(() => ends.length).toBe(1)
  const later = [1, 2, 3].map(call)
  ends[0]?.()
  await first
  await expect.poll(() => ends.length).toBe(2)
  ends[1]?.()
  await Promise.all(later)

  expect(ends).toHaveLength(2)
})

test('one that fails is reported to its caller, and ends nothing', async () => {
  let calls = 0
  const call = paced(() => (++calls === 1 ? Promise.reject(new Error('refused')) : Promise.resolve()), 0)

  await expect(call()).rejects.toThrow('refused')
  await call()

  expect(calls).toBe(2)
})

test('there is a pause between', async () => {
  const { ends, work } = createWork()
  const call = paced(work, 3_600_000)

  const first = call()
  await expect.poll(() => ends.length).toBe(1)
  ends[0]?.()
  await first
  void call()
  await new Promise(setImmediate)

  expect(ends).toHaveLength(1)
})
