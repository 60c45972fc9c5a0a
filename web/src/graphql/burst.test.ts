// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createBurst, readChange, type Change } from './burst.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const change = (topic: Change['topic'], ...ids: string[]): Change => ({ topic, ids: new Set(ids) })

test('changes that come close together are told once, each topic with all its ids', () => {
  const told: (readonly Change[])[] = []
  const burst = createBurst(250, (changes) => told.push(changes))

  burst.add(change('runs', '1'))
  burst.add(change('schedules', '1'))
  vi.advanceTimersByTime(200)
  burst.add(change('runs', '2', '1'))
  vi.advanceTimersByTime(50)

  expect(told).toEqual([[change('runs', '1', '2'), change('schedules', '1')]])
})

test('a stream without a pause is still told, every delay', () => {
  const told = vi.fn<(changes: readonly Change[]) => void>()
  const burst = createBurst(250, told)

  for (let at = 0; at < 1000; at += 50) {
    burst.add(change('runs', String(at)))
    vi.advanceTimersByTime(50)
  }

  expect(told).toHaveBeenCalledTimes(4)
})

test('a change that may concern anything makes its whole topic concern anything', () => {
  const told = vi.fn<(changes: readonly Change[]) => void>()
  const burst = createBurst(250, told)

  burst.add(change('runs', '1'))
  burst.add({ topic: 'runs', ids: null })
  burst.add(change('runs', '2'))
  vi.advanceTimersByTime(250)

  expect(told).toHaveBeenCalledWith([{ topic: 'runs', ids: null }])
})

test('what was stopped tells nothing more', () => {
  const told = vi.fn<(changes: readonly Change[]) => void>()
  const burst = createBurst(250, told)

  burst.add(change('runs', '1'))
  burst.stop()
  vi.advanceTimersByTime(1000)

  expect(told).not.toHaveBeenCalled()
})

test('an event lists what it concerns; bulk, resync, an unknown one and none at all concern everything', () => {
  expect(readChange('runs', { op: 'update', ids: ['1', null, '2'] })).toEqual(change('runs', '1', '2'))
  for (const event of [{ op: 'bulk', ids: ['1'] }, { op: 'later', ids: ['1'] }, null]) {
    expect(readChange('runs', event)).toEqual({ topic: 'runs', ids: null })
  }
  for (const op of ['hello', 'resync'])
    expect(readChange('runs', { op, ids: [] })).toEqual({ topic: 'runs', ids: null, isGap: true })
})
