// @vitest-environment node
import { beforeAll, expect, test } from 'vitest'
import { loadTemporal } from './temporal.ts'
import { zoneDifference } from './zoneDifference.ts'

beforeAll(() => loadTemporal())

/** The midnights of a zone as this machine knows them. */
function midnights(zone: string, first: string, days: number): string[] {
  return Array.from({ length: days }, (_, day) =>
    Temporal.PlainDate.from(first).add({ days: day }).toZonedDateTime(zone).toInstant().toString(),
  )
}

test.each([
  ['Africa/Casablanca', '2027-01-01'],
  ['Europe/Paris', '2027-01-01'],
  ['Australia/Lord_Howe', '2027-01-01'],
  ['America/St_Johns', '2027-01-01'],
  // Midnight itself is skipped, and shown twice.
  ['America/Havana', '2027-01-01'],
  ['UTC', '2027-01-01'],
])('where both know the same rules of %s nothing is said', (zone, first) => {
  expect(zoneDifference(midnights(zone, first, 400), zone)).toBeNull()
})

test('where the database keeps Morocco an hour behind for longer, the day on which that begins is found', () => {
  const own = midnights('Africa/Casablanca', '2027-06-01', 30)
  const database = own.map((at, day) => (day < 10 ? at : new Date(Date.parse(at) + 3_600_000).toISOString()))

  expect(zoneDifference(database, 'Africa/Casablanca')).toEqual({ at: database[9], isEarlier: false })
  expect(zoneDifference(database.slice(10), 'Africa/Casablanca')).toEqual({
    at: database[10],
    isEarlier: true,
  })
})
