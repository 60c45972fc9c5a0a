// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createRefetchPace } from './refetchPace.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const makePace = (every = 20_000) => {
  const refetch = vi.fn()
  return { refetch, pace: createRefetchPace({ now: Date.now, refetch, every }) }
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

test('after the slowest answer it rests for ten seconds, not for twice as long as that took', () => {
  const { refetch, pace } = makePace()

  pace.asked()
  vi.advanceTimersByTime(20_000)
  pace.changed()
  pace.answered()
  vi.advanceTimersByTime(10_000)

  expect(refetch).toHaveBeenCalledOnce()
})

test('another question does not wait for the answer to the one before, nor rest after it', () => {
  const { refetch, pace } = makePace()

  pace.asked()
  vi.advanceTimersByTime(20_000)
  pace.restart()
  pace.changed()
  vi.advanceTimersByTime(0)

  expect(refetch).toHaveBeenCalledOnce()
})

/** 20 changes a second for so long, in seconds; the seconds after which it was asked. */
function flood(seconds: number, { refetch, pace }: ReturnType<typeof makePace>): number[] {
  const begun = Date.now()
  const asked: number[] = []
  refetch.mockImplementation(() => asked.push(Math.round((Date.now() - begun) / 1_000)))
  for (let times = 0; times < seconds * 20; times++) {
    pace.changed()
    vi.advanceTimersByTime(50)
  }
  return asked
}

test('where changes do not end, the pauses between two questions double, up to the longest', () => {
  const made = makePace(16_000)

  expect(flood(65, made)).toEqual([0, 1, 3, 7, 15, 31, 47, 63])
})

test('once a pause was without changes, the next is asked for at once', () => {
  const made = makePace(16_000)
  flood(40, made)
  vi.advanceTimersByTime(32_000)

  expect(flood(6, made)).toEqual([0, 1, 3])
})

test('changes that are further apart than the shortest pause are each asked for at once', () => {
  const { refetch, pace } = makePace(16_000)

  for (let times = 1; times <= 5; times++) {
    pace.changed()
    vi.advanceTimersByTime(0)
    expect(refetch).toHaveBeenCalledTimes(times)
    vi.advanceTimersByTime(1_001)
  }
})

test('what may have been missed is asked for at once, however much was asked before', () => {
  const { refetch, pace } = makePace()
  pace.changed()
  vi.advanceTimersByTime(0)
  pace.changed()
  vi.advanceTimersByTime(100)
  expect(refetch).toHaveBeenCalledTimes(1)

  pace.changed(true)
  vi.advanceTimersByTime(0)

  expect(refetch).toHaveBeenCalledTimes(2)
})

test('nothing is asked after the end', () => {
  const { refetch, pace } = makePace()

  pace.changed()
  pace.stop()
  vi.advanceTimersByTime(60_000)

  expect(refetch).not.toHaveBeenCalled()
})

test('how long a change takes to show counts from when the client learned of it, through a rest, to its answer', () => {
  const onShown = vi.fn()
  const pace = createRefetchPace({ now: Date.now, refetch: () => pace.asked(), every: 1_000, onShown })
  pace.asked()
  vi.advanceTimersByTime(1_000)
  pace.answered()
  expect(onShown).not.toHaveBeenCalled()

  pace.changed()
  vi.advanceTimersByTime(2_000)
  pace.changed()
  vi.advanceTimersByTime(500)
  pace.answered()

  expect(onShown.mock.calls).toEqual([[2_500]])
})
