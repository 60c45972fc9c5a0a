// @vitest-environment node
import { afterEach, expect, test } from 'vitest'
import { clocksIn, clockText, dayEndText, hourText, setClockHours } from './clockHours.ts'
import { formatClock, formatFull } from './instant.ts'
import { localText } from './localTime.ts'

afterEach(() => setClockHours(24))

test.each([
  [0, '00:00', '12:00\u00a0am'],
  [9, '09:00', '9:00\u00a0am'],
  [12, '12:00', '12:00\u00a0pm'],
  [23, '23:00', '11:00\u00a0pm'],
])('hour %i is %s, or %s on a clock of 12 hours', (hour, of24, of12) => {
  expect(clockText(hour, 0)).toBe(of24)
  setClockHours(12)
  expect(clockText(hour, 0)).toBe(of12)
})

test('every time that is shown follows; what a date-and-time field holds does not', () => {
  setClockHours(12)
  const at = '2026-11-25T14:05:09Z'

  expect(formatClock(at, 'Europe/Paris')).toBe('3:05:09\u00a0pm')
  expect(formatClock(at, 'Europe/Paris', 'never')).toBe('3:05\u00a0pm')
  expect(formatFull(at, 'Europe/Paris')).toBe('Wed 25 Nov 2026 3:05:09\u00a0pm +01 Europe/Paris')
  expect(localText(at, 'Europe/Paris')).toBe('2026-11-25T15:05:09')
})

test('times in words follow, what only looks like one does not', () => {
  const words = 'At 02:30, between 14:00 and 23:59:30, on day 14, 1:07:08, 24:00, 12:345'
  expect(clocksIn(words)).toBe(words)
  setClockHours(12)

  expect(clocksIn(words)).toBe(
    'At 2:30\u00a0am, between 2:00\u00a0pm and 11:59:30\u00a0pm, on day 14, 1:07:08, 24:00, 12:345',
  )
})

test('the end of a day and the hours of a table follow', () => {
  expect([dayEndText(), hourText(6), hourText(0)]).toEqual(['24:00', '06', '00'])
  setClockHours(12)
  expect([dayEndText(), hourText(6), hourText(0)]).toEqual(['midnight', '6\u00a0am', '12\u00a0am'])
})

const sources = import.meta.glob<string>(
  ['../**/*.tsx', '../**/*.ts', '!../**/*.test.*', '!./clockHours.ts'],
  {
    query: '?raw',
    import: 'default',
    eager: true,
  },
)

test('no one else decides how a time of day is written', () => {
  const own = /toLocaleTimeString|timeStyle|hour12|use24HourTimeFormat: (?!true)|\? '24:00'/
  const others = Object.entries(sources).filter(([, text]) => own.test(text))

  expect(Object.keys(sources).length).toBeGreaterThan(100)
  expect(others.map(([path]) => path)).toEqual([])
})
