// @vitest-environment node
import { expect, test } from 'vitest'
import { heardText, isRunning, runsByWorker, slotsText, workerState } from './worker.ts'

test('a worker that drains is still running, one that was lost is not', () => {
  expect(['active', 'draining', 'stopped', 'lost'].filter(isRunning)).toEqual(['active', 'draining'])
})

test('only a lost worker is drawn as a failure', () => {
  const failed = ['active', 'draining', 'stopped', 'lost'].filter(
    (status) => workerState(status).glyph === 'failed',
  )

  expect(failed).toEqual(['lost'])
})

test('a status that the client does not know is shown as it is', () => {
  expect(workerState('resting').label).toBe('resting')
  expect(workerState('toString').label).toBe('toString')
})

test('the last heartbeat is told by the second, and never lies in the future', () => {
  const now = Date.parse('2026-11-25T13:37:08Z')

  expect(heardText(now - 400, now)).toBe('now')
  expect(heardText(now - 4_900, now)).toBe('4 s ago')
  expect(heardText(now - 74_000, now)).toBe('1:14 ago')
  expect(heardText(now + 2_000, now)).toBe('now')
})

test('runs are counted for the worker that has them in hand', () => {
  const counts = runsByWorker([{ workerId: '1' }, { workerId: '2' }, { workerId: '1' }, { workerId: null }])

  expect(Object.fromEntries(counts)).toEqual({ 1: 2, 2: 1 })
})

test('only running workers have slots', () => {
  const workers = [
    { status: 'active', concurrency: 10 },
    { status: 'draining', concurrency: 4 },
    { status: 'lost', concurrency: 20 },
  ]

  expect(slotsText(workers, 3)).toBe('2 workers, 3 of 14 slots in use')
  expect(slotsText(workers.slice(2), 0)).toBe('No worker is running')
})
