import { expect, test } from 'vitest'
import { localTime } from './status.ts'

test.each([
  ['2026-10-25T00:30:00+00:00', '2026-10-25 02:30:00 +02:00 Europe/Paris'],
  ['2026-10-25T01:30:00+00:00', '2026-10-25 02:30:00 +01:00 Europe/Paris'],
])(
  '%s is shown with its offset, which tells the two passes of a repeated hour apart',
  (instant, expected) => {
    expect(localTime(instant, 'Europe/Paris')).toBe(expected)
  },
)
