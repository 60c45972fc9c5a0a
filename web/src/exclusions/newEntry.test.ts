// @vitest-environment node
import { expect, test } from 'vitest'
import { loadTemporal } from '../time/temporal.ts'
import { emptyEntry, newEntry, nextDraft } from './newEntry.ts'

await loadTemporal()

const entry = (own: Partial<typeof emptyEntry>) => newEntry({ ...emptyEntry, ...own }, 'Europe/Paris')

test('dates are sent as dates, the last one only where it is given', () => {
  expect(entry({ startsOn: '2026-12-25', label: ' Christmas ' })).toEqual({
    kind: 'dates',
    label: 'Christmas',
    startsOn: '2026-12-25',
    endsOn: null,
  })
})

test('a blackout is sent as instants of the zone', () => {
  expect(entry({ kind: 'range', startsAt: '2026-12-24T13:00', endsAt: '2026-12-24T14:00' })).toMatchObject({
    startsAt: '2026-12-24T12:00:00.000Z',
    endsAt: '2026-12-24T13:00:00.000Z',
  })
})

test('weeks are days, hours stay hours', () => {
  expect(entry({ kind: 'recurring', count: '2', unit: 'weeks' })).toMatchObject({ duration: { days: 14 } })
  expect(entry({ kind: 'recurring', count: '8', unit: 'hours' })).toMatchObject({ duration: { hours: 8 } })
})

test.each([
  [{ kind: 'dates' }, 'Choose a date.'],
  [{ kind: 'dates', startsOn: '32 dec' }, 'Choose a date.'],
  [{ kind: 'dates', startsOn: '2026-12-25', endsOn: 'later' }, 'Choose a date.'],
  [{ kind: 'range', startsAt: '2026-12-24T13:00' }, 'Choose when it starts and when it ends.'],
  [{ kind: 'recurring', count: '1.5' }, 'Enter the duration as a whole number.'],
] as const)('what is missing is said: %j', (own, text) => {
  expect(entry(own)).toBe(text)
})

test('after an entry the next one of its kind can follow', () => {
  const draft = { ...emptyEntry, kind: 'recurring', cron: '0 1 * * *', label: 'Backup' } as const

  expect(nextDraft(draft)).toMatchObject({ kind: 'recurring', cron: '0 1 * * *', label: '' })
})
