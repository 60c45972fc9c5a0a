import { expect, test } from 'vitest'
import { loadTemporal } from '../time/temporal.ts'

await loadTemporal()
const { shortTitle } = await import('./CalendarNav.tsx')

test.each([
  ['week', '2026-11-30', '2026-11-30', '2026-12-06', 'Nov – Dec'],
  ['week', '2027-10-30', '2027-10-25', '2027-10-31', 'Oct 2027'],
  ['week', '2026-12-31', '2026-12-28', '2027-01-03', 'Dec 2026 – Jan 2027'],
  ['week', '2026-12-09', '2026-12-07', '2026-12-13', 'Dec'],
  ['month', '2027-10-30', '2027-09-27', '2027-10-31', 'Oct 2027'],
  ['month', '2026-10-30', '2026-09-28', '2026-11-01', 'Oct 2026'],
  ['day', '2025-10-30', '2025-10-30', '2025-10-30', '30 Oct 2025'],
  ['year', '2027-10-30', '2027-01-01', '2027-12-31', '2027'],
] as const)(
  'the short title of the %s of %s names the months of a week, and the year if it is another',
  (view, date, first, last, title) => {
    const shown = shortTitle(view, date, { first, last, today: '2026-11-30' })

    expect(shown.replaceAll(/\s/g, ' ')).toBe(title)
  },
)
