// @vitest-environment node
import { expect, test } from 'vitest'
import { everyText, intervalText, roughSeconds } from './interval.ts'

test('an interval is written as PostgreSQL reads it', () => {
  expect(intervalText({ hours: 1, minutes: 30 })).toBe('1 hour 30 minutes')
  expect(intervalText({ years: 1, months: 2, days: 3, seconds: 4.5 })).toBe(
    '1 year 2 months 3 days 4.5 seconds',
  )
  expect(intervalText({ hours: null, seconds: 0 })).toBe('0 seconds')
  expect(intervalText({ minutes: -1 })).toBe('-1 minute')
})

test('a single unit is said without its one', () => {
  expect(everyText({ hours: 1 })).toBe('Every hour')
  expect(everyText({ minutes: 15 })).toBe('Every 15 minutes')
  expect(everyText({ hours: 1, minutes: 30 })).toBe('Every 1 hour 30 minutes')
})

test('intervals sort by length whatever their units', () => {
  const sorted = [{ months: 1 }, { days: 2 }, { hours: 49 }, { seconds: 90 }, { minutes: 1 }].toSorted(
    (a, b) => roughSeconds(a) - roughSeconds(b),
  )

  expect(sorted.map(intervalText)).toEqual(['1 minute', '90 seconds', '2 days', '49 hours', '1 month'])
})
