// @vitest-environment node
import { expect, test } from 'vitest'
import { heardText, isRunning, slotsText, workerState } from './worker.ts'

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

test('slots are those of all running workers', () => {
  expect(
    slotsText([
      { workerId: '1', slots: 1000, inUse: 3 },
      { workerId: '2', slots: 400, inUse: 0 },
    ]),
  ).toBe('2 workers, 3 of 1,400 slots in use')
  expect(slotsText([])).toBe('No worker is running')
})
