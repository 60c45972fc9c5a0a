import { expect, it } from 'vitest'
import { countedRows } from './counts.ts'

it.each([
  [0, '0'],
  [1_234, '1,234'],
  [10_000, '10,000'],
  [10_001, '10,000+'],
])('%d rows are shown as %s', (count, shown) => {
  expect(countedRows(count)).toBe(shown)
})
