// @vitest-environment node
import { expect, test } from 'vitest'
import { isDate, isShownDate, nearestShown } from './shownDates.ts'
import { loadTemporal } from './temporal.ts'

await loadTemporal()

test.each(['2026-2-1', '2026-02-30', '2026-13-45', '2026-02-01T00:00', 'today', ''])(
  '%j is not a date',
  (text) => {
    expect([isDate(text), isShownDate(text)]).toEqual([false, false])
  },
)

test.each(['0001-12-31', '9999-01-01', '-000001-01-01', '+010000-01-01'])(
  '%s is a date, but too far away to be shown',
  (text) => {
    expect([isDate(text), isShownDate(text)]).toEqual([true, false])
  },
)

test('the nearest date that can be shown is the date itself where it can be', () => {
  expect(['0001-05-05', '2026-11-30', '+012345-01-01'].map(nearestShown)).toEqual([
    '0002-01-01',
    '2026-11-30',
    '9998-12-31',
  ])
})
