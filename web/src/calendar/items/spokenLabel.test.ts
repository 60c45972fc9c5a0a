// @vitest-environment node
import { expect, test } from 'vitest'
import { calendarBucket, calendarItem, calendarOmission, calendarRun } from './calendarFactory.ts'
import { countParts, spokenCounts, spokenLabel } from './spokenLabel.ts'

const now = Date.parse('2026-11-25T13:37:08Z')
const paris = (text: string) => Date.parse(`2026-11-${text}+01:00`)
const spoken = (item: Parameters<typeof spokenLabel>[0]) => spokenLabel(item, 'Europe/Paris', now)

test('a label says name, date, time, zone and state', () => {
  expect(spoken(calendarItem({ startsAt: paris('26T03:00') }))).toBe(
    'nightly-rollup, Thu 26 Nov 03:00 Europe/Paris, upcoming',
  )
})

test('what did not run says why', () => {
  const skipped = calendarRun('ledger-reconcile', paris('23T11:15'), 'skipped', {
    reason: 'an earlier run has not finished',
  })

  expect(spoken(skipped)).toBe(
    'ledger-reconcile, Mon 23 Nov 11:15 Europe/Paris, skipped, an earlier run has not finished',
  )
  expect(spoken(calendarOmission('fx-rates', paris('23T22:00'), paris('23T22:30'), 21))).toBe(
    'fx-rates, Mon 23 Nov 22:00 Europe/Paris, 21 missed, no worker fired it in time',
  )
})

test('a moved occurrence says who moved it and its nominal time', () => {
  const moved = calendarItem({
    scheduleName: 'backup',
    startsAt: paris('28T19:00'),
    scheduledFor: paris('28T05:45'),
    reason: 'moved',
  })

  expect(spoken(moved)).toBe('backup, Sat 28 Nov 19:00 Europe/Paris, moved manually, nominal time 05:45')
})

test('a running run says for how long, a retrying one which attempt', () => {
  const running = calendarRun('ml-features', paris('25T13:30'), 'running', { startedAt: paris('25T13:30') })
  const retrying = calendarRun('geo-import', paris('25T12:10'), 'retrying', { attempt: 2 })

  expect(spoken(running)).toMatch(/, running for 1:07:08$/)
  expect(spoken(retrying)).toMatch(/, retrying, attempt 2 of 5$/)
})

test('counts are read worst first, and zeros are left out', () => {
  const bucket = calendarBucket('api-health', now, { succeeded: 1436, failed: 4 })

  expect(spokenCounts(bucket)).toBe('4 failed, 1,436 succeeded')
  expect(countParts(bucket).map(({ state }) => state)).toEqual(['failed', 'succeeded'])
})
