// @vitest-environment node
import { expect, test } from 'vitest'
import { dayKey, formatClock, formatDay, formatFull, formatOffset, timeZones } from './instant.ts'

const paris = 'Europe/Paris'

test('a clock shows seconds only where there are any, unless told otherwise', () => {
  expect(formatClock('2026-11-28T01:30:00Z', paris)).toBe('02:30')
  expect(formatClock('2026-11-28T01:30:15Z', paris)).toBe('02:30:15')
  expect(formatClock('2026-11-28T01:30:15Z', paris, 'never')).toBe('02:30')
  expect(formatClock('2026-11-28T01:30:00Z', paris, 'always')).toBe('02:30:00')
  expect(formatClock('2026-11-27T23:00:00Z', paris)).toBe('00:00')
})

test('the year is named where it is not this one, by the zone that is shown', () => {
  const now = Date.parse('2026-12-31T12:00:00Z')

  expect(formatDay('2026-12-31T22:59:00Z', paris, now)).toBe('Thu 31 Dec')
  expect(formatDay('2026-12-31T23:00:00Z', paris, now)).toBe('Fri 1 Jan 2027')
  expect(formatDay('2027-01-01T00:00:00Z', paris)).toBe('Fri 1 Jan')
})

test.each([
  ['2026-11-28T01:30:00Z', paris, '+01'],
  ['2026-07-28T01:30:00Z', paris, '+02'],
  ['2026-07-28T01:30:00Z', 'UTC', '+00'],
  ['2026-07-28T01:30:00Z', 'Asia/Kolkata', '+05:30'],
  ['2026-07-28T01:30:00Z', 'America/St_Johns', '−02:30'],
  ['2026-11-28T01:30:00Z', 'America/New_York', '−05'],
])('at %s %s is %s from UTC', (instant, zone, offset) => {
  expect(formatOffset(instant, zone)).toBe(offset)
})

test('the full text tells the two passes of a repeated hour apart', () => {
  expect(formatFull('2026-10-25T00:30:00Z', paris)).toBe('Sun 25 Oct 2026 02:30:00 +02 Europe/Paris')
  expect(formatFull('2026-10-25T01:30:00Z', paris)).toBe('Sun 25 Oct 2026 02:30:00 +01 Europe/Paris')
})

test('moments of one local day have one key', () => {
  expect(dayKey('2026-11-27T23:00:00Z', paris)).toBe('2026-11-28')
  expect(dayKey('2026-11-28T22:59:59Z', paris)).toBe('2026-11-28')
  expect(dayKey('2026-11-28T23:00:00Z', paris)).toBe('2026-11-29')
})

test('UTC is offered once, and first', () => {
  expect(timeZones()[0]).toBe('UTC')
  expect(timeZones().filter((zone) => zone === 'UTC')).toHaveLength(1)
})
