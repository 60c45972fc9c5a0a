// @vitest-environment node
import { expect, test } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import { countText, dateText, rangeText, timeOnDay, zoneCity } from './timeFormat.ts'
import { zonedDay } from './zonedDay.ts'

await loadTemporal()

test('a time is said with its offset only where the clock shows it twice', () => {
  const day = zonedDay('2026-10-25', 'Europe/Paris')

  expect(timeOnDay(day, Date.parse('2026-10-24T23:30Z'))).toBe('01:30')
  expect(timeOnDay(day, Date.parse('2026-10-25T00:30Z'))).toBe('02:30 +02')
  expect(timeOnDay(day, Date.parse('2026-10-25T01:30Z'))).toBe('02:30 +01')
  expect(timeOnDay(day, Date.parse('2026-10-25T02:00Z'))).toBe('03:00')
})

test.each([
  ['2026-11-23', '2026-11-29', '23–29 November 2026'],
  ['2026-11-30', '2026-12-06', '30 November – 6 December 2026'],
  ['2026-12-28', '2027-01-03', '28 December 2026 – 3 January 2027'],
])('%s to %s is %s', (first, last, text) => {
  expect(rangeText(first, last).replaceAll(/\s/g, ' ')).toBe(text)
})

test('a date is the same in words wherever the reader is', () => {
  expect(dateText('2026-11-01', 'weekday')).toBe('Sun 1')
  expect(dateText('2026-11-01', 'full')).toBe('Sunday 1 November 2026')
  expect(dateText('2026-11-01', 'month')).toBe('November 2026')
})

test('a zone is called by its place', () => {
  expect(['America/Argentina/Buenos_Aires', 'America/New_York', 'UTC'].map(zoneCity)).toEqual([
    'Buenos Aires',
    'New York',
    'UTC',
  ])
})

test('counts are grouped by thousands', () => {
  expect(countText(1814)).toBe('1,814')
})
