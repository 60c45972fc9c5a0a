import { expect, test } from 'vitest'
import { leftOf, timelineOf } from './timeline.ts'

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 25, 12) + 1000 * seconds).toISOString()
const ended = {
  status: 'SUCCEEDED',
  dueAt: at(0),
  queuedAt: at(1),
  attemptStartedAt: at(2),
  finishedAt: at(5),
  attempt: 1,
}
const attempt = (nth: number, from: number, until: number, status = 'FAILED') => ({
  attempt: nth,
  status,
  startedAt: at(from),
  finishedAt: at(until),
})
const lines = (parts: ReturnType<typeof timelineOf>) =>
  parts.map((part) =>
    part.kind === 'event'
      ? part.label
      : `${part.label}: ${part.took / 1000} s${part.state ? `, ${part.state}` : ''}`,
  )
const now = Date.parse(at(100))

test('a run that succeeded at once', () => {
  expect(lines(timelineOf(ended, [attempt(1, 2, 5, 'SUCCEEDED')], now))).toEqual([
    'Due',
    'until it was queued: 1 s',
    'Queued',
    'until it began: 1 s',
    'Begun',
    'Attempt 1: 3 s, succeeded',
    'Ended',
  ])
})

test('a run in its second attempt', () => {
  const run = { ...ended, status: 'RUNNING', finishedAt: null, attempt: 2, attemptStartedAt: at(60) }
  expect(lines(timelineOf(run, [attempt(1, 2, 5)], now)).slice(4)).toEqual([
    'Begun',
    'Attempt 1: 3 s, failed',
    'until the next attempt: 55 s',
    'Attempt 2',
    'Attempt 2: 40 s, running',
    'Now',
  ])
})

test('a run that waits, that was skipped, or that was cancelled before it began', () => {
  const none = { ...ended, attemptStartedAt: null, attempt: 0 }
  expect(lines(timelineOf({ ...none, status: 'QUEUED', finishedAt: null }, [], now)).slice(3)).toEqual([
    'waits: 99 s',
    'Now',
  ])
  expect(
    lines(timelineOf({ ...none, status: 'SKIPPED', queuedAt: null, finishedAt: at(0) }, [], now)),
  ).toEqual(['Due', 'Ended'])
  expect(lines(timelineOf({ ...none, status: 'CANCELLED' }, [], now)).slice(3)).toEqual([': 4 s', 'Ended'])
})

test('of many attempts the first and the last are shown', () => {
  const many = Array.from({ length: 40 }, (_, index) => attempt(index + 1, 10 * index, 10 * index + 5))
  const parts = lines(timelineOf({ ...ended, status: 'FAILED', finishedAt: at(395), attempt: 40 }, many, now))

  expect(parts.filter((part) => /^Attempt \d+:/.test(part))).toHaveLength(6)
  expect(parts).toContain('34 more attempts: 345 s')
  expect(parts.at(-2)).toBe('Attempt 40: 5 s, failed')
})

test('a running attempt says how long it will still take, until even the slowest runs have ended', () => {
  const usual = { p50: 60_000, p95: 90_000 }

  expect(leftOf(usual, 20_000)).toEqual({ label: 'about', took: 40_000 })
  expect(leftOf(usual, 60_000)).toEqual({ label: 'at most, usually', took: 30_000 })
  expect(leftOf(usual, 90_000)).toBeNull()

  const run = { ...ended, status: 'RUNNING', finishedAt: null, attemptStartedAt: at(80) }
  const parts = timelineOf(run, [], now, usual)
  expect(lines(parts).slice(-2)).toEqual(['Now', 'about: 40 s'])
  expect(parts.at(-3)).toMatchObject({ label: 'Attempt 1', over: 20 / 60 })
  expect(lines(timelineOf(run, [], now)).at(-1)).toBe('Now')
})
