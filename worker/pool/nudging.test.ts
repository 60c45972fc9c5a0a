import type { WorkerPool } from 'graphile-worker'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { joined, jobCount, nudgeOf } from './nudging.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('the first is told at once, those of the next moment together, however many they are', () => {
  const told: number[] = []
  const nudge = joined((count) => told.push(count), 20)

  for (let count = 0; count < 5_000; count++) nudge(1)
  expect(told).toEqual([1])
  vi.advanceTimersByTime(20)
  expect(told).toEqual([1, 4_999])

  vi.advanceTimersByTime(20)
  nudge(2)
  expect(told).toEqual([1, 4_999, 2])
})

test('none is told of no jobs', () => {
  const told: number[] = []
  const nudge = joined((count) => told.push(count), 20)

  nudge(0)
  vi.advanceTimersByTime(100)

  expect(told).toEqual([])
})

test.each([
  ['{"r":0.7,"count":12}', 12],
  ['{"r":0.7,"count":-1}', 0],
  ['{"count": 99999999999}', 999_999],
  ['no JSON', 1],
  [`${' '.repeat(7_000)}{"count": 5}`, 1],
  [undefined, 1],
])('the notification %j tells of %i jobs', (payload, count) => {
  expect(jobCount(payload)).toBe(count)
})

test('a pool that shuts down, which may not be nudged, is left alone', () => {
  const pool = {
    nudge() {
      throw new Error('nudge called after worker terminated')
    },
  } as unknown as WorkerPool
  const nudge = nudgeOf(pool)

  nudge(1)
  nudge(1)
  vi.advanceTimersByTime(1_000)

  expect(vi.getTimerCount()).toBe(0)
})
