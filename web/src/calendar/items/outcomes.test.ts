// @vitest-environment node
import { expect, test } from 'vitest'
import { calendarItem, calendarRun } from './calendarFactory.ts'
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

test('of counts, states that are counted together are told together', () => {
  const counts = { total: 9, succeeded: 5, failed: 1, skipped: 1, running: 2, upcoming: 0 }

  expect(spokenOutcomes([calendarItem({ startsAt: 0, kind: 'bucket', ...counts })])).toBe(
    '1 failed, 1 skipped or cancelled, 2 running or waiting, 5 succeeded',
  )
})
