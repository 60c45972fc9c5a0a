import { expect, test } from 'vitest'
import { changesSince, isScheduledPayload } from './origin.ts'

const minutes = (count: number) => ({ years: 0, months: 0, days: 0, hours: 0, minutes: count, seconds: 0 })
const schedule = {
  name: 'geo-import',
  taskIdentifier: 'import',
  payload: { region: 'eu', tables: ['places', { a: 1, b: 2 }] },
  runAs: 'app',
  priority: 1,
  execution: { maxAttempts: 5, timeout: minutes(15) },
}
const run = {
  scheduleName: 'geo-import',
  taskIdentifier: 'import',
  payload: { tables: ['places', { b: 2, a: 1 }], region: 'eu' },
  runAs: 'app',
  priority: 1,
  maxAttempts: 5,
  givenBack: 0,
  timeout: minutes(15),
  schedule,
}

test('a payload is that of its schedule in whatever order its keys are, its lists in theirs', () => {
  expect(isScheduledPayload(run)).toBe(true)
  expect(
    isScheduledPayload({ ...run, payload: { ...run.payload, tables: [{ b: 2, a: 1 }, 'places'] } }),
  ).toBe(false)
  expect(isScheduledPayload({ ...run, schedule: null })).toBe(false)
})

test('what its schedule says by now is told where it differs', () => {
  expect(changesSince(run)).toEqual([])
  expect(changesSince({ ...run, schedule: null })).toEqual([])
  expect(
    changesSince({
      ...run,
      scheduleName: 'geo',
      priority: 0,
      timeout: minutes(10),
      maxAttempts: 3,
      runAs: 'ann',
    }),
  ).toEqual([
    { what: 'Name', then: 'geo', now: 'geo-import' },
    { what: 'Runs as', then: 'ann', now: 'app' },
    { what: 'Priority', then: 'Urgent', now: 'Normal' },
    { what: 'Timeout', then: '10 minutes', now: '15 minutes' },
    { what: 'Attempts', then: '3', now: '5' },
  ])
  expect(changesSince({ ...run, timeout: null })).toEqual([
    { what: 'Timeout', then: 'none', now: '15 minutes' },
  ])
})

test('an attempt that was lost with its worker is not one that the schedule gave', () => {
  expect(changesSince({ ...run, maxAttempts: 6, givenBack: 1 })).toEqual([])
})
