import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createNotifier } from './notifier.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Hears what is told, but for the first `deaf` times. */
function createListener({ deaf = 0 } = {}) {
  const heard: unknown[] = []
  let tries = 0
  const notifier = createNotifier({
    query: (_text, values) => {
      if (tries++ < deaf) return Promise.reject(new Error('statement timeout'))
      heard.push(values?.[1])
      return Promise.resolve([])
    },
    log: () => undefined,
    pause: 100,
  })
  return { heard, notifier }
}

test('the first change is told at once, those of the next 100 ms together', async () => {
  const { heard, notifier } = createListener()

  notifier.changed(['1'])
  notifier.changed(['2'])
  notifier.changed(['3', '2'])
  expect(heard).toEqual([['1']])

  await vi.advanceTimersByTimeAsync(100)
  expect(heard.slice(1)).toEqual([['2', '3']])
  await vi.advanceTimersByTimeAsync(1_000)
  expect(heard).toHaveLength(2)
})

test('too many schedules to name are told as such', async () => {
  const { heard, notifier } = createListener()

  notifier.changed(null)
  notifier.changed(['1'])

  await vi.advanceTimersByTimeAsync(100)
  expect(heard).toEqual([null, ['1']])
})

test('what is left is told at the end', async () => {
  const { heard, notifier } = createListener()

  notifier.changed(['1'])
  notifier.changed(['2'])
  await notifier.flush()

  expect(heard).toHaveLength(2)
  expect(vi.getTimerCount()).toBe(0)
})

test('what could not be told is told with what changed meanwhile', async () => {
  const { heard, notifier } = createListener({ deaf: 2 })

  notifier.changed(['1'])
  await vi.advanceTimersByTimeAsync(50)
  notifier.changed(['2'])
  await vi.advanceTimersByTimeAsync(10_000)

  expect(heard).toEqual([['1', '2']])
})

test('that too many have changed is told again, too', async () => {
  const { heard, notifier } = createListener({ deaf: 1 })

  notifier.changed(null)
  await vi.advanceTimersByTimeAsync(10_000)

  expect(heard).toEqual([null])
})

test('what could not be told is tried once more at the end', async () => {
  const { heard, notifier } = createListener({ deaf: 1 })

  notifier.changed(['1'])
  await vi.advanceTimersByTimeAsync(0)
  await notifier.flush()

  expect(heard).toEqual([['1']])
  expect(vi.getTimerCount()).toBe(0)
})
