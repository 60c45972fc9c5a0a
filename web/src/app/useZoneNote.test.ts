// @vitest-environment node
import { expect, test } from 'vitest'
import { zoneNote } from './useZoneNote.ts'

test('a zone of which both have different rules is named, with the first day', () => {
  expect(zoneNote(['2027-06-10T22:00:00Z', '2027-06-11T23:00:00Z'], 'Europe/Paris')).toMatchObject({
    title: 'This browser and the database have different rules for Europe/Paris.',
    detail:
      'From Sat 12 Jun 2027 on, times shown in this zone may differ from those of the database, which decide.',
  })
  expect(zoneNote(['2027-06-10T22:00:00Z', '2027-06-11T22:00:00Z'], 'Europe/Paris')).toBeNull()
})
