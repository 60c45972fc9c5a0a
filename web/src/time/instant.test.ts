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

test.each([
  ['2026-10-24T23:59:59Z', paris, '01:59:59'],
  ['2026-10-25T00:00:00Z', paris, '02:00 +02'],
  ['2026-10-25T00:59:59Z', paris, '02:59:59 +02'],
  ['2026-10-25T01:00:00Z', paris, '02:00 +01'],
  ['2026-10-25T02:00:00Z', paris, '03:00'],
  ['2026-03-29T01:30:00Z', paris, '03:30'],
  ['2026-04-04T14:45:00Z', 'Australia/Lord_Howe', '01:45 +11'],
  ['2026-04-04T15:15:00Z', 'Australia/Lord_Howe', '01:45 +10:30'],
  ['2026-04-04T15:30:00Z', 'Australia/Lord_Howe', '02:00'],
  ['2026-11-01T03:45:00Z', 'America/St_Johns', '01:15 \u221202:30'],
  ['2026-11-01T04:45:00Z', 'America/St_Johns', '01:15 \u221203:30'],
])(
  'the two passes of a repeated hour are told apart by their offset, and no other time has one: %s',
  (at, zone, text) => {
    expect(formatClock(at, zone)).toBe(text)
  },
)

test('moments of one local day have one key', () => {
  expect(dayKey('2026-11-27T23:00:00Z', paris)).toBe('2026-11-28')
  expect(dayKey('2026-11-28T22:59:59Z', paris)).toBe('2026-11-28')
  expect(dayKey('2026-11-28T23:00:00Z', paris)).toBe('2026-11-29')
})

test('UTC is offered once, and first', () => {
  expect(timeZones()[0]).toBe('UTC')
  expect(timeZones().filter((zone) => zone === 'UTC')).toHaveLength(1)
})
