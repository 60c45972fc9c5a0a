import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createNotifier } from './notifier.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function createListener() {
  const heard: unknown[] = []
  const notifier = createNotifier({
    query: (_text, values) => {
      heard.push(values?.[1])
      return Promise.resolve([])
    },
    log: () => undefined,
    pause: 100,
  })
  return { heard, notifier }
}

test('the first change is told at once, those of the next 100 ms together', () => {
  const { heard, notifier } = createListener()

  notifier.changed(['1'])
  notifier.changed(['2'])
  notifier.changed(['3', '2'])
  expect(heard).toEqual([['1']])

  vi.advanceTimersByTime(100)
  expect(heard.slice(1)).toEqual([['2', '3']])
  vi.advanceTimersByTime(1_000)
  expect(heard).toHaveLength(2)
})

test('too many schedules to name are told as such', () => {
  const { heard, notifier } = createListener()

  notifier.changed(null)
  notifier.changed(['1'])

  vi.advanceTimersByTime(100)
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
