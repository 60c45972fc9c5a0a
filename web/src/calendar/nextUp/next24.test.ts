// @vitest-environment node
import { expect, test } from 'vitest'
import { next24Of } from './useNext24.ts'

const start = Date.parse('2026-11-25T14:00Z')
const row = (startsAt: string, upcoming: string) => ({ startsAt, upcoming })

test('each of the next hours has its count, also those with nothing', () => {
  const next = next24Of([row('2026-11-25T14:00Z', '3'), row('2026-11-26T03:00Z', '86')], start)

  expect(next.total).toBe(89)
  expect(next.hours.filter(({ count }) => count > 0)).toEqual([
    { at: start, count: 3 },
    { at: start + 13 * 3_600_000, count: 86 },
  ])
  expect(next.hours).toHaveLength(25)
})

test('what begins within an hour, as where clocks differ by half of one, counts for that hour', () => {
  expect(next24Of([row('2026-11-25T14:30Z', '2')], start).hours[0]?.count).toBe(2)
})
