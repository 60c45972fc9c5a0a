import { expect, test, vi } from 'vitest'
import { calendarBucket, calendarItem, calendarRun } from '../items/calendarFactory.ts'
import { itemKey } from '../items/calendarItem.ts'
import { createSelection, mostSelected } from './selection.ts'

const at = Date.parse('2026-11-27T03:00Z')
const hour = 3_600_000
const window = { start: at - 24 * hour, end: at + 24 * hour }
const nightly = calendarItem({ scheduleName: 'nightly', startsAt: at })
const other = calendarItem({ scheduleName: 'other', startsAt: at })
const keys = (selection: ReturnType<typeof createSelection>) => [...selection.get().keys()]

test('some are taken out only where all of them are in', () => {
  const selection = createSelection()

  selection.toggle([nightly])
  selection.toggle([nightly, other])
  expect(keys(selection)).toEqual([itemKey(nightly), itemKey(other)])

  selection.toggle([other])
  expect(keys(selection)).toEqual([itemKey(nightly)])
})

test('counts of many are not selected, and no more than can be looked over', () => {
  const selection = createSelection()

  selection.add([calendarBucket('api-health', at, { succeeded: 12 })])
  expect(keys(selection)).toEqual([])

  selection.add(Array.from({ length: 500 }, (_, index) => calendarItem({ startsAt: at + index * hour })))
  expect(keys(selection)).toHaveLength(mostSelected)
})

test('what is asked of a selection ends with it', () => {
  const selection = createSelection()
  const told = vi.fn()
  selection.subscribe(told)
  selection.add([nightly])
  selection.ask('skip')
  expect(selection.deed()).toBe('skip')

  selection.clear()

  expect(selection.deed()).toBeNull()
  expect(told).toHaveBeenCalledTimes(3)
})

test('it follows what it holds: moved, begun, gone; what is on another page stays', () => {
  const selection = createSelection()
  const later = calendarItem({ scheduleName: 'later', startsAt: at + 48 * hour })
  const begun = calendarItem({ scheduleName: 'begun', startsAt: at })
  selection.add([nightly, other, begun, later])

  const moved = { ...nightly, startsAt: at + hour, reason: 'moved' }
  const run = calendarRun('begun', at, 'running', {})
  selection.update([moved, { ...run, scheduleId: begun.scheduleId, trigger: 'schedule' }], window)

  expect(
    [...selection.get().values()].map(({ kind, scheduleName, startsAt }) => [kind, scheduleName, startsAt]),
  ).toEqual([
    ['occurrence', 'nightly', at + hour],
    ['run', 'begun', at],
    ['occurrence', 'later', at + 48 * hour],
  ])
})
