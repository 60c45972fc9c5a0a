import { beforeAll, expect, test } from 'vitest'
import { loadTemporal } from '../time/temporal.ts'
import { meantDate } from './paletteDates.ts'

beforeAll(() => loadTemporal())

/** A Wednesday. */
const today = '2026-11-25'

test.each([
  ['today', '2026-11-25', null],
  ['Tomorrow', '2026-11-26', null],
  ['yesterday', '2026-11-24', null],
  ['friday', '2026-11-27', null],
  ['wed', '2026-12-02', null],
  ['monday', '2026-11-30', null],
  ['next friday', '2026-12-04', null],
  ['next monday', '2026-11-30', null],
  ['last friday', '2026-11-20', null],
  ['last wed', '2026-11-18', null],
  ['next week', '2026-12-02', 'week'],
  ['last month', '2026-10-25', 'month'],
  ['next year', '2027-11-25', 'year'],
  ['in 3 days', '2026-11-28', null],
  ['in 2 w', '2026-12-09', null],
  ['3 months ago', '2026-08-25', null],
  ['week 1', '2025-12-29', 'week'],
  ['week 49', '2026-11-30', 'week'],
  ['3 dec', '2026-12-03', null],
  ['Dec 3', '2026-12-03', null],
  ['3rd december', '2026-12-03', null],
  ['3 jan', '2027-01-03', null],
  ['3 oct', '2026-10-03', null],
  ['29 feb 2028', '2028-02-29', null],
  ['dec 3, 2031', '2031-12-03', null],
  ['dec', '2026-12-01', 'month'],
  ['february 2027', '2027-02-01', 'month'],
  ['2027-02-10', '2027-02-10', null],
] as const)('"%s" is %s', (text, date, view) => {
  expect(meantDate(text, today)).toEqual({ date, view })
})

test.each([
  '',
  'de',
  'nightly',
  '31 feb',
  '29 feb 2027',
  '3',
  'week 60',
  '3 dec 4',
  'in friday',
  'friday rollup',
  'constructor',
  '2027-13-01',
])('"%s" is not a date', (text) => {
  expect(meantDate(text, today)).toBeNull()
})
