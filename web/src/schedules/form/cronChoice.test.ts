// @vitest-environment node
import { expect, test } from 'vitest'
import { readCron, repeatAs, writeCron } from './cronChoice.ts'

test.each([
  ['*/15 * * * *', { repeats: 'minutes', step: 15 }],
  ['* * * * *', { repeats: 'minutes', step: 1 }],
  ['5 * * * *', { repeats: 'hour', minute: 5 }],
  ['30 7 * * *', { repeats: 'day', time: '07:30' }],
  ['30 7 * * 1-5', { repeats: 'week', time: '07:30', weekdays: [1, 2, 3, 4, 5] }],
  ['0 9 * * 1,3,7', { repeats: 'week', time: '09:00', weekdays: [1, 3, 7] }],
  ['0 6 31 * *', { repeats: 'month', time: '06:00', day: 31 }],
] as const)('%s is read, and written as it was', (cron, choice) => {
  expect(readCron(cron)).toEqual(choice)
  expect(writeCron(choice)).toBe(cron)
})

test.each([
  ['@daily', { repeats: 'day', time: '00:00' }],
  ['  30  7 * * MON-FRI ', { repeats: 'week', time: '07:30', weekdays: [1, 2, 3, 4, 5] }],
  ['0 9 * * sun,Tue', { repeats: 'week', time: '09:00', weekdays: [2, 7] }],
  ['0 9 * * 0-2', { repeats: 'week', time: '09:00', weekdays: [1, 2, 7] }],
])('%s is shown', (cron, choice) => {
  expect(readCron(cron)).toEqual(choice)
})

test.each([
  '',
  '0 3 * *',
  '0 3 * 1 *',
  '0 3 1 * 1',
  '0 3 L * *',
  '0 3 * * 1#2',
  '0 3 * * */2',
  '0 3 * * 5-1',
  '0 3 * * 1-',
  '0 3 * * 8',
  '0 1,3 * * *',
  '0 25 * * *',
  '*/90 * * * *',
  '0-5 * * * *',
  '15 0 3 * * *',
  '@yearly',
  '0 3 15-20 * *',
  'constructor',
])('%j is left to the expression', (cron) => {
  expect(readCron(cron)).toBeNull()
})

test('another way to repeat keeps the time', () => {
  expect(writeCron(repeatAs('week', readCron('30 7 * * *')))).toBe('30 7 * * 1-5')
  expect(writeCron(repeatAs('month', readCron('30 7 * * 1')))).toBe('30 7 1 * *')
  expect(writeCron(repeatAs('hour', readCron('30 7 * * 1')))).toBe('30 * * * *')
  expect(writeCron(repeatAs('day', null))).toBe('0 9 * * *')
})
