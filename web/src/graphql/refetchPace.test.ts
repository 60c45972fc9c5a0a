// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createRefetchPace } from './refetchPace.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const makePace = () => {
  const refetch = vi.fn()
  return { refetch, pace: createRefetchPace({ now: Date.now, refetch }) }
}

test('a change is asked for at once when nothing is under way', () => {
  const { refetch, pace } = makePace()

  pace.changed()
  vi.advanceTimersByTime(0)

  expect(refetch).toHaveBeenCalledOnce()
})

test('while an answer is under way nothing else is asked, and changes in the meantime are joined', () => {
  const { refetch, pace } = makePace()

  pace.asked()
  pace.changed()
  pace.changed()
  vi.advanceTimersByTime(3000)
  expect(refetch).not.toHaveBeenCalled()

  pace.answered()
  vi.advanceTimersByTime(5999)
  expect(refetch).not.toHaveBeenCalled()

  vi.advanceTimersByTime(1)
  expect(refetch).toHaveBeenCalledOnce()
})

test('nothing is asked after the end', () => {
  const { refetch, pace } = makePace()

  pace.changed()
  pace.stop()
  vi.advanceTimersByTime(60_000)

  expect(refetch).not.toHaveBeenCalled()
})
