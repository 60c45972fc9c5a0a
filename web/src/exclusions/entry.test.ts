// @vitest-environment node
import { expect, test } from 'vitest'
import { entriesByKind, entryText, rangeText, type Entry } from './entry.ts'

const entry = (own: Partial<Entry>): Entry => ({
  rowId: '1',
  label: null,
  startsOn: null,
  endsOn: null,
  startsAt: null,
  endsAt: null,
  cronExpression: null,
  duration: null,
  source: null,
  timezone: null,
  ...own,
})
const text = (own: Partial<Entry>) => entryText(entry(own), 'Europe/Paris')

test('dates are those of no zone, ranges are shown in one', () => {
  expect(text({ startsOn: '2026-12-25' })).toBe('Fri 25 Dec 2026')
  expect(text({ startsOn: '2026-12-24', endsOn: '2026-12-26' })).toBe('Thu 24 Dec 2026 – Sat 26 Dec 2026')
  expect(text({ startsAt: '2026-12-24T12:00:00Z', endsAt: '2026-12-25T00:00:00Z' })).toBe(
    'Thu 24 Dec 2026 13:00 – Fri 25 Dec 2026 01:00',
  )
})

test('a window is said in words, with its length', () => {
  expect(text({ cronExpression: '0 22 * * *', duration: { hours: 8 } })).toBe(
    'At 22:00 every day, for 8 hours',
  )
})

test('whole days that come again are said as people say them', () => {
  const days = (cronExpression: string) => text({ cronExpression, duration: { days: 1 } })

  expect(days('0 0 25 12 *')).toBe('Every 25 December')
  expect(days('0 0 * * SAT,SUN')).toBe('Every Saturday and Sunday')
  expect(days('0 0 L * *')).toMatch(/, for 1 day$/)
})

test('entries come by kind, and in each by time', () => {
  const groups = entriesByKind([
    entry({ rowId: '1', startsOn: '2027-01-01' }),
    entry({ rowId: '2', startsOn: '2026-12-25' }),
    entry({ rowId: '3', cronExpression: '0 0 * * SAT', duration: { days: 1 } }),
  ])

  expect(groups.map(({ title, entries }) => [title, entries.map(({ rowId }) => rowId)])).toEqual([
    ['Recurring windows', ['3']],
    ['Dates', ['2', '1']],
  ])
})

test.each([
  ['2026-11-27T23:00:00Z', '2026-11-28T23:00:00Z', 'Sat 28 Nov'],
  ['2026-11-27T23:00:00Z', '2026-11-29T23:00:00Z', 'Sat 28 Nov – Sun 29 Nov'],
  ['2026-11-24T12:00:00Z', '2026-11-24T18:00:00Z', 'Tue 24 Nov 13:00 – 19:00'],
  ['2026-11-24T12:00:00Z', '2026-11-24T23:00:00Z', 'Tue 24 Nov 13:00 – 24:00'],
  ['2026-11-24T21:00:00Z', '2026-11-25T05:00:00Z', 'Tue 24 Nov 22:00 – Wed 25 Nov 06:00'],
])('from %s to %s is %s', (start, end, text) => {
  expect(rangeText(start, end, 'Europe/Paris')).toBe(text)
})
