// @vitest-environment node
import { beforeAll, expect, test } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import type { ClosedTime } from '../drag/dragTarget.ts'
import { calendarItem, calendarOmitted, calendarRun } from '../items/calendarFactory.ts'
import { movePlan, pausePlan, shifted, skipPlan } from './bulkPlan.ts'

const zone = 'Europe/Paris'
const paris = (text: string) => Date.parse(`2026-11-${text}+01:00`)
const now = paris('26T06:00')
const nightly = calendarItem({ scheduleName: 'nightly', scheduleId: '1', startsAt: paris('27T03:00') })
const report = calendarItem({ scheduleName: 'report', scheduleId: '2', startsAt: paris('27T08:00') })
const system = calendarItem({ scheduleName: 'almanac:purge', scheduleId: '3', startsAt: paris('27T04:00') })
const begun = calendarRun('nightly', paris('26T03:00'), 'succeeded', {})
const always = { start: 0, end: Infinity, label: null }
const options = (closed: Record<string, ClosedTime[]> = {}) => ({
  closed: new Map(Object.entries({ '3': [{ ...always, reason: 'system' }], ...closed })),
  now,
  timeZone: zone,
})
const whys = (refused: readonly { item: { scheduleName: string }; why: string }[]) =>
  refused.map(({ item, why }) => [item.scheduleName, why])
beforeAll(loadTemporal)

test('upcoming ones are skipped, others say why not', () => {
  const off = calendarOmitted('off', paris('27T05:00'), 'skipped')

  const { changes, refused } = skipPlan([nightly, report, system, begun, off], options())

  expect(changes).toEqual([
    { item: nightly, change: { do: 'skip' } },
    { item: report, change: { do: 'skip' } },
  ])
  expect(whys(refused)).toEqual([
    ['almanac:purge', 'It is a system schedule'],
    ['nightly', 'It has already started'],
    ['off', 'It will not run anyway'],
  ])
})

test('they are moved to where a drag could put them', () => {
  const backup = { start: paris('27T09:00'), end: paris('27T10:00'), reason: 'excluded', label: 'Backup' }

  const { changes, refused } = movePlan([nightly, report], { minutes: 90 }, options({ '2': [backup] }))

  expect(changes).toEqual([{ item: nightly, change: { do: 'move', to: paris('27T04:30') } }])
  expect(whys(refused)).toEqual([['report', 'Backup, excluded 09:00–10:00']])
})

test('not into the past, and not nowhere', () => {
  expect(whys(movePlan([nightly], { minutes: -48 * 60 }, options()).refused)).toEqual([['nightly', 'Past']])
  expect(whys(movePlan([nightly], { minutes: 0 }, options()).refused)).toEqual([
    ['nightly', 'It would stay where it is'],
  ])
})

test('a day is one of the calendar: the time of day stays where the clock changes', () => {
  const before = Date.parse('2027-03-27T09:00+01:00')

  expect(shifted(before, { days: 1 }, zone)).toBe(Date.parse('2027-03-28T09:00+02:00'))
  expect(shifted(before, { minutes: 1440 }, zone)).toBe(Date.parse('2027-03-28T10:00+02:00'))
})

test('a schedule is paused once, however many of its occurrences are selected, and not twice', () => {
  const again = { ...nightly, startsAt: paris('28T03:00') }
  const paused = { ...report, scheduleStatus: 'paused' }

  const { schedules, refused } = pausePlan([nightly, again, paused, system], options())

  expect(schedules.map(({ scheduleName }) => scheduleName)).toEqual(['nightly'])
  expect(whys(refused)).toEqual([
    ['report', 'It is already paused'],
    ['almanac:purge', 'It is a system schedule'],
  ])
})
