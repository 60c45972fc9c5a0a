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
      heard.push(JSON.parse(String(values?.[1])))
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
  expect(heard).toEqual([{ op: 'update', ids: ['1'] }])

  vi.advanceTimersByTime(100)
  expect(heard.slice(1)).toEqual([{ op: 'update', ids: ['2', '3'] }])
  vi.advanceTimersByTime(1_000)
  expect(heard).toHaveLength(2)
})

test('more than 200 schedules are told as many', () => {
  const { heard, notifier } = createListener()

  notifier.changed(Array.from({ length: 201 }, (_, index) => String(index)))

  expect(heard).toEqual([{ op: 'bulk', ids: [] }])
})

test('what is left is told at the end', async () => {
  const { heard, notifier } = createListener()

  notifier.changed(['1'])
  notifier.changed(['2'])
  await notifier.flush()

  expect(heard).toHaveLength(2)
  expect(vi.getTimerCount()).toBe(0)
})
