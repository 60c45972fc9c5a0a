// @vitest-environment node
import { expect, test } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import { axisInstant, axisPlace, timeAxis } from '../grid/timeAxis.ts'
import { zonedDay } from '../grid/zonedDay.ts'
import { keyStep, shiftText, stepped, targetAt, targetOf, whyClosed, type ClosedTime } from './dragTarget.ts'

await loadTemporal()

const zone = 'Europe/Paris'
const day = zonedDay('2026-11-26', zone)
const options = { axis: timeAxis([day]), now: day.start, timeZone: zone, closed: [], step: 15 }
const iso = (instant: number | null) =>
  instant === null ? null : new Date(instant).toISOString().slice(0, 16)
const clock = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))

test('it snaps to full quarters, or to minutes', () => {
  expect(iso(targetAt(day, clock('04:24'), options).instant)).toBe('2026-11-26T03:30')
  expect(iso(targetAt(day, clock('04:24'), { ...options, step: 1 }).instant)).toBe('2026-11-26T03:24')
  expect(iso(targetAt(day, clock('23:59'), options).instant)).toBe('2026-11-26T22:45')
  expect(iso(targetAt(day, -50, options).instant)).toBe('2026-11-25T23:00')
})

test.each([
  ['Europe/Paris', '2026-03-29'],
  ['Europe/Paris', '2026-10-25'],
  ['America/St_Johns', '2026-03-08'],
  ['America/St_Johns', '2026-11-01'],
  ['Australia/Lord_Howe', '2026-04-05'],
  ['Australia/Lord_Howe', '2026-10-04'],
  ['Africa/Casablanca', '2026-02-15'],
  ['Africa/Casablanca', '2026-03-22'],
])('in %s on %s every minute of the day has one place, and each place its minute', (timeZone, date) => {
  const odd = zonedDay(date, timeZone)
  const axis = timeAxis([odd])
  for (let instant = odd.start; instant < odd.end; instant += 60_000)
    expect(axisInstant(axis, odd, axisPlace(axis, odd, instant))).toBe(instant)

  const places = Array.from({ length: axis.length }, (_, at) => axisInstant(axis, odd, at))
  expect(places.filter((instant) => instant !== null)).toHaveLength((odd.end - odd.start) / 60_000)
})

test('a time that the clock skips cannot be chosen, one that it shows twice has two places', () => {
  const spring = zonedDay('2026-03-29', zone)
  const spared = targetAt(spring, clock('02:30'), { ...options, axis: timeAxis([spring]), now: 0 })
  expect(spared).toMatchObject({ instant: null, why: 'The clock skips this time on this day' })

  const autumn = zonedDay('2026-10-25', zone)
  const both = [clock('02:30'), clock('03:30')].map((place) =>
    iso(targetAt(autumn, place, { ...options, axis: timeAxis([autumn]), now: 0 }).instant),
  )
  expect(both).toEqual(['2026-10-25T00:30', '2026-10-25T01:30'])
})

test('in a week with a long day the other days lack what only that one has', () => {
  const [saturday, sunday] = [zonedDay('2026-10-24', zone), zonedDay('2026-10-25', zone)]
  const axis = timeAxis([saturday, sunday])

  expect(axisInstant(axis, saturday, clock('03:30'))).toBeNull()
  expect(iso(axisInstant(axis, saturday, clock('04:30')))).toBe('2026-10-24T01:30')
})

const at = (text: string) => Date.parse(`2026-11-26T${text}+01:00`)
const closed = (reason: string, from: string, to: string, label: string | null = null): ClosedTime => ({
  start: at(from),
  end: at(to),
  reason,
  label,
})

test('what is closed says why', () => {
  const times = [
    closed('excluded', '06:45', '09:15', 'Backup window'),
    closed('not started', '00:00', '02:00'),
    closed('ended', '20:00', '23:59'),
  ]
  const why = (text: string) => whyClosed(at(text), at('03:00'), times, zone)

  expect(why('01:00')).toBe('Past')
  expect(why('05:00')).toBeNull()
  expect(why('06:45')).toBe('Backup window, excluded 06:45–09:15')
  expect(why('09:15')).toBeNull()
  expect(why('21:00')).toBe('After its end, Thu 26 Nov 20:00')
  expect(whyClosed(at('01:00'), 0, times, zone)).toBe('Before its start, Thu 26 Nov 02:00')
  expect(whyClosed(at('01:00'), at('03:00'), [closed('system', '00:00', '23:00')], zone)).toMatch(/^System/)
  expect(whyClosed(at('01:00'), 0, [closed('other owner', '00:00', '23:00', 'ann')], zone)).toBe(
    'Belongs to ann',
  )
})

test('a key goes to the next full step, or to the same time of another day', () => {
  const next = (from: string, key: string, minutes = 15) =>
    iso(stepped(Date.parse(from), keyStep(key, minutes)!, zone))

  expect(next('2026-11-26T04:07+01:00', 'ArrowDown')).toBe('2026-11-26T03:15')
  expect(next('2026-11-26T04:07+01:00', 'ArrowUp')).toBe('2026-11-26T03:00')
  expect(next('2026-11-26T04:15+01:00', 'ArrowUp')).toBe('2026-11-26T03:00')
  expect(next('2026-11-26T04:07+01:00', 'ArrowDown', 1)).toBe('2026-11-26T03:08')
  expect(next('2026-10-24T04:00+02:00', 'ArrowRight')).toBe('2026-10-25T03:00')
  expect(next('2026-10-25T02:45+02:00', 'ArrowDown')).toBe('2026-10-25T01:00')
  expect(next('2026-03-29T01:45+01:00', 'ArrowDown')).toBe('2026-03-29T01:00')
  expect(keyStep('x', 15)).toBeNull()
})

test('what is on none of the days has no target', () => {
  expect(targetOf(day.end, [day], options)).toBeNull()
  expect(targetOf(at('04:30'), [day], options)).toMatchObject({ date: '2026-11-26', at: clock('04:30') })
})

test('how far it goes is said in words', () => {
  const hour = 3_600_000
  expect([1.5 * hour, -hour / 4, 27 * hour, 0].map(shiftText)).toEqual([
    '+1 h 30',
    '−15 min',
    '+1 d 3 h',
    'not moved',
  ])
})
