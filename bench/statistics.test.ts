import { expect, test } from 'vitest'
import { median } from './statistics.ts'

test('the median of an odd number is the middle one, of an even number the mean of the two middle ones', () => {
  expect(median([30, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 30])).toBe(3)
  expect(median([5])).toBe(5)
  expect(median([])).toBeNaN()
})
