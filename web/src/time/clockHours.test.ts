// @vitest-environment node
import { afterEach, expect, test } from 'vitest'
import { clockText, setClockHours } from './clockHours.ts'
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
