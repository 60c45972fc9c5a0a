// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createDelays } from './delay.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('the longest of the last minute counts', () => {
  const delays = createDelays(Date.now)
  const heard = vi.fn()
  delays.subscribe(heard)

  delays.told(7_000)
  vi.advanceTimersByTime(30_000)
  delays.told(300)
  delays.told(2_000)
  expect(delays.get()).toBe(7_000)

  vi.advanceTimersByTime(30_000)
  expect(delays.get()).toBe(2_000)
  vi.advanceTimersByTime(30_000)
  expect(delays.get()).toBe(0)
  expect(heard).toHaveBeenCalledTimes(3)
  expect(vi.getTimerCount()).toBe(0)
})
