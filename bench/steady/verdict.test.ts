import { expect, test } from 'vitest'
import { judge, MARGIN } from './verdict.ts'

const MB = 1_048_576

/** Samples at 1, 2, … 100 seconds. */
function series(bytesAt: (at: number) => number) {
  return Array.from({ length: 100 }, (_, index) => ({ at: index + 1, bytes: { jobs: bytesAt(index + 1) } }))
}
const isBounded = (bytesAt: (at: number) => number) => judge(series(bytesAt), 100)[0]?.bounded

test('what fills up in the first quarter and stays is bounded', () => {
  expect(isBounded((at) => Math.min(at, 25) * MB)).toBe(true)
})

test('what grows all the time is not bounded', () => {
  expect(isBounded((at) => at * MB)).toBe(false)
})

test('what swells and shrinks is judged by its largest sizes', () => {
  expect(isBounded((at) => (at % 20) * MB)).toBe(true)
  expect(isBounded((at) => (at % 20) * at * MB)).toBe(false)
})

test('a tenth and a few pages more are allowed, a byte beyond is not', () => {
  const allowed = 10 * MB * (1 + MARGIN.share) + MARGIN.bytes

  expect(isBounded((at) => (at > 75 ? allowed : 10 * MB))).toBe(true)
  expect(isBounded((at) => (at > 75 ? allowed + 1 : 10 * MB))).toBe(false)
})

test('the quarters end at their last moment, and a table that appears late counts from nothing', () => {
  expect(
    judge(
      series((at) => at),
      100,
    ),
  ).toEqual([{ table: 'jobs', second: 50, last: 100, bounded: true }])
  expect(judge([{ at: 90, bytes: { late: MB } }], 100)).toEqual([
    { table: 'late', second: 0, last: MB, bounded: false },
  ])
})
