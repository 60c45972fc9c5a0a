// @vitest-environment node
import { expect, test } from 'vitest'
import { instantOf } from './localTime.ts'
import { loadTemporal } from './temporal.ts'

await loadTemporal()

test.each([
  ['2026-11-27T03:00', '2026-11-27T02:00:00.000Z'],
  ['2026-03-29T02:30', '2026-03-29T01:30:00.000Z'],
  ['2026-10-25T02:30', '2026-10-25T00:30:00.000Z'],
])('%s in Paris is %s, as the database reads it', (local, instant) => {
  expect(new Date(instantOf(local, 'Europe/Paris') ?? 0).toISOString()).toBe(instant)
})

test('an unfinished date is no moment', () => {
  expect(instantOf('', 'Europe/Paris')).toBeNull()
})
