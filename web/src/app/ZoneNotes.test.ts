// @vitest-environment node
import { expect, test } from 'vitest'
import { comparedRange, zoneNote } from './ZoneNotes.tsx'

test('a zone of which both have different rules is named, with the first day', () => {
  expect(zoneNote(['2027-06-10T22:00:00Z', '2027-06-11T23:00:00Z'], 'Europe/Paris')).toMatchObject({
    title: 'This browser and the database have different rules for Europe/Paris.',
    detail:
      'From Fri 11 Jun 2027 on, times shown in this zone may differ from those of the database, which decide.',
  })
  expect(zoneNote(['2027-06-11T23:00:00Z'], 'Europe/Paris')).toMatchObject({
    detail: expect.stringContaining('From Sat 12 Jun 2027 or earlier on,') as string,
  })
  expect(zoneNote(['2027-06-10T22:00:00Z', '2027-06-11T22:00:00Z'], 'Europe/Paris')).toBeNull()
})

test('what is compared around a moment contains it, and stays the same for a month', () => {
  const at = Date.parse('2026-12-07T12:00:00Z')

  const { from, until } = comparedRange(at)

  expect(Date.parse(from)).toBeLessThan(at)
  expect(Date.parse(until)).toBeGreaterThan(at + 365 * 86_400_000)
  expect(comparedRange(at + 86_400_000)).toEqual({ from, until })
})
