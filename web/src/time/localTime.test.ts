// @vitest-environment node
import { expect, test } from 'vitest'
import { clockChange, exactLocalText, fullTime, instantOf, localParts, withZone } from './localTime.ts'
import { loadTemporal } from './temporal.ts'

await loadTemporal()

test.each([
  ['2026-11-25T09:00', 'Europe/Paris', '2026-11-25 09:00 Europe/Paris'],
  ['2026-03-29T02:30', 'Europe/Paris', '2026-03-29 02:30 Europe/Paris'],
  ['2026-10-25T02:30', 'Europe/Paris', '2026-10-25 02:30+02:00'],
  ['2026-10-25T02:30+01:00', 'Europe/Paris', '2026-10-25 02:30+01:00'],
  ['2026-04-05T01:45', 'Australia/Lord_Howe', '2026-04-05 01:45+11:00'],
  ['', 'Europe/Paris', null],
])('%j in %s is %j to PostgreSQL', (local, zone, text) => {
  expect(withZone(local, zone)).toBe(text)
})

test.each(['T09:00', '2026-11-25T', 'x'])('%j is for PostgreSQL to refuse', (local) => {
  expect(withZone(local, 'UTC')).toContain('UTC')
})

test.each([
  ['2026-10-25T00:30:00Z', '2026-10-25T02:30'],
  ['2026-10-25T01:30:00Z', '2026-10-25T02:30+01:00'],
  ['2026-10-25T02:30:00Z', '2026-10-25T03:30'],
  ['2026-03-29T01:30:15Z', '2026-03-29T03:30:15'],
])('a field tells the moments of a day of 25 hours apart: %s is %s in Paris', (instant, text) => {
  expect(exactLocalText(instant, 'Europe/Paris')).toBe(text)
  const told = withZone(text, 'Europe/Paris')?.replace(' Europe/Paris', '+02:00').replace(' ', 'T') ?? ''
  if (localParts(text).offset !== null) expect(Date.parse(told)).toBe(Date.parse(instant))
})

test('what a clock does at a time is said', () => {
  expect(clockChange('2026-03-29', '02:30', 'Europe/Paris')).toEqual({
    is: 'skipped',
    shows: '03:30',
    offset: '+02:00',
  })
  expect(clockChange('2026-10-25', '02:30', 'Europe/Paris')).toEqual({
    is: 'twice',
    offsets: ['+02:00', '+01:00'],
  })
  expect(clockChange('2026-10-04', '02:10', 'Australia/Lord_Howe')).toMatchObject({ shows: '02:40' })
  expect(clockChange('2026-11-25', '02:30', 'Europe/Paris')).toBeNull()
  expect(clockChange('2026-11-25', '2', 'Europe/Paris')).toBeNull()
})

test.each([
  ['2026-11-27T03:00', '2026-11-27T02:00:00.000Z'],
  ['2026-03-29T02:30', '2026-03-29T01:30:00.000Z'],
  ['2026-10-25T02:30', '2026-10-25T00:30:00.000Z'],
  ['2026-10-25T02:30+01:00', '2026-10-25T01:30:00.000Z'],
  ['2026-11-27T9:30', '2026-11-27T08:30:00.000Z'],
  ['2026-11-27T03:00:15', '2026-11-27T02:00:15.000Z'],
])('%s in Paris is %s, as the database reads it', (local, instant) => {
  expect(new Date(instantOf(local, 'Europe/Paris') ?? 0).toISOString()).toBe(instant)
})

test.each([
  ['9:30', '09:30'],
  ['930', '09:30'],
  ['23.05', '23:05'],
  ['03:00:15', '03:00:15'],
  ['24:00', '24:00'],
  ['9', '9'],
  ['', ''],
])('%j is the time %j', (typed, time) => {
  expect(fullTime(typed)).toBe(time)
})

test('an unfinished date is not a moment', () => {
  expect(instantOf('', 'Europe/Paris')).toBeNull()
})
