// @vitest-environment node
import { expect, test } from 'vitest'
import { calendarBucket, calendarItem, calendarRun } from '../items/calendarFactory.ts'
import { loadInWords, loadOf, loadPath, loadTop, peakOf } from './load.ts'

const minute = 60_000
const usual = new Map([['job', { p50: 10 * minute, p95: 20 * minute, runs: 9 }]])
const window = { start: 0, end: 60 * minute, now: 30 * minute, parts: 6 }

test('runs count as long as they ran, upcoming ones as long as they usually do, by median and by p95', () => {
  const items = [
    calendarRun('job', 0, 'succeeded', { startedAt: 0, finishedAt: 15 * minute }),
    calendarItem({ scheduleName: 'job', startsAt: 40 * minute }),
    calendarItem({ scheduleName: 'of unknown length', startsAt: 40 * minute }),
    calendarItem({ scheduleName: 'job', startsAt: 40 * minute, scheduleStatus: 'paused' }),
  ]

  expect(loadOf(items, usual, window)).toEqual({ usual: [1, 0.5, 0, 0, 1, 0], high: [1, 0.5, 0, 0, 1, 1] })
})

test('a bucket counts as much as its runs take together', () => {
  const bucket = calendarBucket('job', 0, { succeeded: 4, skipped: 2 }, 20 * minute)

  expect(loadOf([bucket], usual, window).usual).toEqual([2, 2, 0, 0, 0, 0])
})

test('the peak is the highest load from now on', () => {
  expect(peakOf({ usual: [9, 0, 0, 1, 3, 2], high: [] }, window)).toEqual({ at: 40 * minute, count: 3 })
})

test('a load is drawn in steps, never higher than its box', () => {
  expect(loadPath([1, 4], 2)).toBe('M0 1L0.00000 0.5000L0.50000 0.5000L0.50000 0.0000L1.00000 0.0000L1 1')
})

test('a load is said in whole numbers', () => {
  expect([0, 0.04, 0.3, 0.94, 0.96, 2.4, 1200.2].map(loadInWords)).toEqual([
    '0',
    '0',
    'fewer than 1',
    'fewer than 1',
    '1',
    '2',
    '1,200',
  ])
})

test('the scale holds the capacity unless the load would be a flat line below it', () => {
  const load = { usual: [2], high: [4] }

  expect(loadTop(load, 10)).toBeCloseTo(11.5)
  expect(loadTop(load, 100)).toBeCloseTo(4.6)
  expect(loadTop(load, null)).toBeCloseTo(4.6)
})
