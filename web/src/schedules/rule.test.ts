// @vitest-environment node
import { afterEach, expect, test } from 'vitest'
import { setClockHours } from '../time/clockHours.ts'
import { ruleInWords, ruleText, type Rule } from './rule.ts'

afterEach(() => setClockHours(24))

const rule = (given: Partial<Rule>): Rule => ({ kind: 'cron', timezone: 'Europe/Paris', ...given })

test.each([
  ['30 2 * * *', 'At 02:30 every day'],
  ['*/15 * * * *', 'Every 15 minutes'],
  ['30 2 14,28 * *', 'At 02:30, on day 14 and 28 of the month'],
  ['@hourly', 'Every hour'],
  ['@Daily', 'At 00:00 every day'],
])('%s is said as "%s"', (cronExpression, words) => {
  expect(ruleInWords(rule({ cronExpression }))).toBe(words)
})

test('an expression without words is still named for what it is', () => {
  expect(ruleInWords(rule({ cronExpression: '30 25 * * *' }))).toBe('Cron expression')
  expect(ruleText(rule({ cronExpression: '30 25 * * *' }))).toBe('30 25 * * *')
})

test('an interval of one unit leaves the number out', () => {
  expect(ruleInWords(rule({ kind: 'interval', every: { hours: 1 } }))).toBe('Every hour')
  expect(ruleInWords(rule({ kind: 'interval', every: { hours: 1, minutes: 30 } }))).toBe(
    'Every 1 hour 30 minutes',
  )
})

test('a single time is told in the zone of its schedule', () => {
  expect(ruleInWords(rule({ kind: 'once', runAt: '2027-03-28T00:30:00Z' }))).toBe(
    'Once, Sun 28 Mar 2027 01:30',
  )
})

test('a manual schedule has no expression', () => {
  expect(ruleInWords(rule({ kind: 'manual' }))).toBe('Only when triggered')
  expect(ruleText(rule({ kind: 'manual', cronExpression: null }))).toBeNull()
})

test.each([
  ['30 2 * * *', 'At 2:30\u00a0am every day'],
  ['0 14 * * 1', 'At 2:00\u00a0pm, only on Monday'],
  ['*/5 9-17 * * *', 'Every 5 minutes, between 9:00\u00a0am and 5:59\u00a0pm'],
])('on a clock of 12 hours %s is said as "%s"', (cronExpression, words) => {
  setClockHours(12)

  expect(ruleInWords(rule({ cronExpression }))).toBe(words)
})
