// @vitest-environment node
import { expect, test } from 'vitest'
import { calendarBucket, calendarRun } from './calendarFactory.ts'
import { spokenOutcomes } from './outcomes.ts'

test('listed items are told each by its own state', () => {
  const items = [
    calendarRun('a', 0, 'succeeded'),
    calendarRun('b', 0, 'cancelled'),
    calendarRun('c', 0, 'queued'),
    calendarRun('d', 0, 'succeeded'),
  ]

  expect(spokenOutcomes(items)).toBe('1 cancelled, 1 queued, 2 succeeded')
})

test('counts are told as listed items are: what waits does not run, what was cancelled was not skipped', () => {
  const counts = { failed: 1, cancelled: 1, skipped: 2, running: 1, waiting: 3, succeeded: 5 }

  expect(spokenOutcomes([calendarBucket('a', 0, counts), calendarRun('b', 0, 'cancelled')])).toBe(
    '1 failed, 2 cancelled, 2 skipped, 1 running, 3 waiting, 5 succeeded',
  )
})
