import { beforeAll, expect, test } from 'vitest'
import { timesIn } from './spokenTime.ts'
import { loadTemporal } from './temporal.ts'

beforeAll(loadTemporal)

test('times within a text are shown in the zone of the page', () => {
  expect(
    timesIn(
      'Moved to Fri 27 Nov 2026 23:30:00 (UTC), on Thu 26 Nov 2026 09:00:00.5 (America/New_York).',
      'Europe/Paris',
    ),
  ).toBe(
    'Moved to Sat 28 Nov 2026 00:30:00 (Europe/Paris), on Thu 26 Nov 2026 15:00:00.500000 (Europe/Paris).',
  )
})

test('a time stays as it is where it is in that zone, its clock shows it twice, or the zone is unknown', () => {
  for (const text of [
    'Due Fri 27 Nov 2026 23:30:00 (Europe/Paris).',
    'Due Sun 25 Oct 2026 02:30:00 (Europe/Berlin).',
    'Due Fri 27 Nov 2026 23:30:00 (Mars/Base).',
    'Due Fri 27 Xyz 2026 23:30:00 (UTC).',
    'On Friday at 23:30 (UTC).',
  ])
    expect(timesIn(text, 'Europe/Paris')).toBe(text)
})
