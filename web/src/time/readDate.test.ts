// @vitest-environment node
import { beforeAll, expect, test } from 'vitest'
import { loadTemporal } from './temporal.ts'
import { readDate } from './readDate.ts'

beforeAll(loadTemporal)

test.each([
  ['2026-12-24', '2026-12-24'],
  ['24 Dec', '2026-12-24'],
  ['24 december 2027', '2027-12-24'],
  ['Dec 24', '2026-12-24'],
  ['24.12.', '2026-12-24'],
  ['24/12/2026', '2026-12-24'],
  ['1 Feb', '2027-02-01'],
  ['1 Nov', '2026-11-01'],
  ['tomorrow', '2026-11-30'],
  ['+7', '2026-12-06'],
  ['-3', '2026-11-26'],
  ['fri', '2026-12-04'],
  ['Sunday', '2026-12-06'],
  ['tues', '2026-12-01'],
])('on a Sunday, 29 November, %s is %s', (text, date) => {
  expect(readDate(text, '2026-11-29')).toBe(date)
})

test.each([
  '',
  '30 Feb',
  '2026-13-01',
  'someday',
  '24',
  'monkey 3',
  'month',
  'su',
  'constructor',
  '__proto__',
])('"%s" is not a date', (text) => {
  expect(readDate(text, '2026-11-29')).toBeNull()
})
