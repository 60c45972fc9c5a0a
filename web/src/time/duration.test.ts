// @vitest-environment node
import { expect, test } from 'vitest'
import {
  ageText,
  formatCountdown,
  formatDuration,
  formatLateness,
  formatMinutesToGo,
  isImminent,
  median,
} from './duration.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

test.each([
  [0, '0.00 s'],
  [340, '0.34 s'],
  [999, '1.00 s'],
  [second, '0:01'],
  [59.6 * second, '1:00'],
  [6 * minute + 14 * second, '6:14'],
  [hour + 7 * minute + 8 * second, '1:07:08'],
])('%d ms took %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text)
})

test.each([
  [-40, '0.00 s'],
  [40, '0.04 s'],
  [9_990, '9.99 s'],
  [41_200, '41.2 s'],
  [190_000, '3:10'],
])('%d ms late is %s', (milliseconds, text) => {
  expect(formatLateness(milliseconds)).toBe(text)
})

test.each([
  [-5 * second, 'now'],
  [999, 'now'],
  [52 * second, 'in 52 s'],
  [7 * minute + 52 * second, 'in 7 min 52 s'],
  [hour + 22 * minute + 59 * second, 'in 1 h 22 min'],
  [2 * day + 11 * hour, 'in 2 d 11 h'],
  [3 * day, 'in 3 d'],
  [1400 * day, 'in 1,400 d'],
])('%d ms to go is "%s"', (milliseconds, text) => {
  expect(formatCountdown(milliseconds)).toBe(text)
})

test('only what is within five minutes stands out', () => {
  expect(isImminent(5 * minute)).toBe(true)
  expect(isImminent(5 * minute + 1)).toBe(false)
})

test('the median is a value that occurred', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 3, 2])).toBe(2)
  expect(median([])).toBeUndefined()
})

test.each([
  [900, '0 s ago'],
  [40_000, '40 s ago'],
  [125_000, '2 min ago'],
  [3_900_000, '1 h 5 min ago'],
  [3 * 86_400_000, '3 d ago'],
])('an age of %i ms is %s', (age, text) => {
  expect(ageText(age)).toBe(text)
})

test.each([
  [0, 'now'],
  [59_000, 'within a minute'],
  [60_000, 'in 1 min'],
  [13 * 60_000 + 5_000, 'in 13 min'],
  [63 * 60_000, 'in 1 h 3 min'],
  [50 * 3_600_000, 'in 2 d 2 h'],
])('where now is known by the minute, %i ms to go are "%s"', (milliseconds, text) => {
  expect(formatMinutesToGo(milliseconds)).toBe(text)
})
