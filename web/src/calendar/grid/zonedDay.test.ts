// @vitest-environment node
import { expect, test } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import { dayOf, wallTime, zonedDay } from './zonedDay.ts'

await loadTemporal()

const hour = 3_600_000
const hours = (date: string, zone: string) => {
  const day = zonedDay(date, zone)
  return (day.end - day.start) / hour
}

test('an ordinary day has 24 hours, nothing missing, nothing twice', () => {
  const day = zonedDay('2026-11-25', 'Europe/Paris')

  expect(hours('2026-11-25', 'Europe/Paris')).toBe(24)
  expect(day).toMatchObject({ missing: [], repeated: [], start: Date.parse('2026-11-24T23:00Z') })
})

test('a day of 23 hours lacks the hour that its clock jumps over', () => {
  const day = zonedDay('2026-03-29', 'Europe/Paris')

  expect(hours('2026-03-29', 'Europe/Paris')).toBe(23)
  expect(day.missing).toEqual([{ from: 120, to: 180 }])
  expect(day.repeated).toEqual([])
})

test('a day of 25 hours has an hour twice, told apart by offset', () => {
  const day = zonedDay('2026-10-25', 'Europe/Paris')

  expect(hours('2026-10-25', 'Europe/Paris')).toBe(25)
  expect(day.repeated).toEqual([{ from: 120, to: 180 }])
  expect(day.missing).toEqual([])
  expect(wallTime(day, Date.parse('2026-10-25T00:30Z'))).toEqual({
    wall: 150,
    again: false,
    offset: '+02:00',
  })
  expect(wallTime(day, Date.parse('2026-10-25T01:30Z'))).toEqual({ wall: 150, again: true, offset: '+01:00' })
  expect(wallTime(day, Date.parse('2026-10-25T02:00Z'))).toEqual({
    wall: 180,
    again: false,
    offset: '+01:00',
  })
})

test('half an hour can be missing or twice as well', () => {
  expect(zonedDay('2026-10-04', 'Australia/Lord_Howe').missing).toEqual([{ from: 120, to: 150 }])
  expect(zonedDay('2026-04-05', 'Australia/Lord_Howe').repeated).toEqual([{ from: 90, to: 120 }])
})

test('a day whose midnight is jumped over begins at one', () => {
  const day = zonedDay('2026-04-24', 'Africa/Cairo')

  expect(day.missing).toEqual([{ from: 0, to: 60 }])
  expect(wallTime(day, day.start).wall).toBe(60)
})

test('a day whose clock is set back at midnight has its last hour twice', () => {
  const day = zonedDay('2026-10-29', 'Africa/Cairo')

  expect(hours('2026-10-29', 'Africa/Cairo')).toBe(25)
  expect(day.repeated).toEqual([{ from: 23 * 60, to: 24 * 60 }])
})

test('an instant belongs to the day that holds it, midnight to the new one', () => {
  const days = ['2026-11-25', '2026-11-26'].map((date) => zonedDay(date, 'Europe/Paris'))

  expect(dayOf(days, Date.parse('2026-11-25T22:59:59Z'))?.date).toBe('2026-11-25')
  expect(dayOf(days, Date.parse('2026-11-25T23:00:00Z'))?.date).toBe('2026-11-26')
  expect(dayOf(days, Date.parse('2026-11-27T23:00:00Z'))).toBeUndefined()
})
