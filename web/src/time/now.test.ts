// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createClock } from './now.ts'

beforeEach(() => vi.useFakeTimers({ now: Date.parse('2026-11-25T13:37:08.400Z') }))
afterEach(() => vi.useRealTimers())

test('a clock ticks at full seconds, whenever it was first looked at', () => {
  const clock = createClock(Date.now)
  const seen: number[] = []
  clock.subscribe(() => seen.push(clock.get()))

  vi.advanceTimersByTime(599)
  expect(seen).toEqual([])
  vi.advanceTimersByTime(1)
  vi.advanceTimersByTime(2000)

  expect(seen.map((at) => new Date(at).toISOString().slice(17))).toEqual(['09.000Z', '10.000Z', '11.000Z'])
})

test('a clock that no one looks at rests, and is right when looked at again', () => {
  const clock = createClock(Date.now)
  const leave = clock.subscribe(() => {})
  const leaveToo = clock.subscribe(() => {})

  leave()
  expect(vi.getTimerCount()).toBe(1)
  leaveToo()
  expect(vi.getTimerCount()).toBe(0)

  vi.advanceTimersByTime(3_600_000)
  clock.subscribe(() => {})
  expect(new Date(clock.get()).toISOString()).toBe('2026-11-25T14:37:08.000Z')
})
